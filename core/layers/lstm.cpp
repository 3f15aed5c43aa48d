#include "core/layers/lstm.h"

#include "core/initializers/constant.h"
#include "core/layers/recurrent_arguments.h"
#include "core/ops/concatenate.h"
#include "core/ops/elementwise.h"
#include "core/ops/slice.h"

namespace tutti {
namespace {

// The given initializer for every gate but the forget gate, which begins open.
class OpenForgetGate final : public Initializer {
 public:
  OpenForgetGate(Ref<Initializer> others, int64_t units)
      : others_(std::move(others)), units_(units) {}
  Tensor operator()(const Shape&, DType dtype) const override {
    return concatenate(std::vector<Tensor>{(*others_)({units_}, dtype), Ones()({units_}, dtype),
                                           (*others_)({2 * units_}, dtype)},
                       0);
  }

 private:
  Ref<Initializer> others_;
  int64_t units_;
};

}  // namespace

LSTMCellLayer::LSTMCellLayer(Options options)
    : GatedCell("LSTMCell", cell_parts(options), 4), options_(std::move(options)) {}

Ref<Initializer> LSTMCellLayer::bias_initializer() const {
  if (!options_.unit_forget_bias || !options_.bias_initializer) return options_.bias_initializer;
  return std::make_shared<OpenForgetGate>(options_.bias_initializer, options_.units);
}

CellRun LSTMCellLayer::begin(int64_t features) {
  const DroppedProduct input(kernel(), input_masks(features));
  const DroppedProduct state(recurrent_kernel(), state_masks());
  const auto project = [this, input](const Value& x) {
    return has_bias() ? input(x) + bias() : input(x);
  };
  const auto step = [this, state](const Value& x, const std::vector<Value>& states) {
    const auto gates = split(x + state(states[0]), 4);
    const Value c =
        activate_gate(gates[1]) * states[1] + activate_gate(gates[0]) * activate(gates[2]);
    const Value h = activate_gate(gates[3]) * activate(c);
    return CellStep{h, {h, c}};
  };
  return {project, step};
}

LSTMLayer::LSTMLayer(Options options)
    : RecurrentLayer("LSTM",
                     cell_named<LSTMCellLayer>("lstm_cell", cell_options<LSTMCellOptions>(options)),
                     recurrence_of(options), options.activity_regularizer),
      options_(std::move(options)) {}

TUTTI_REGISTER(Layer, LSTMCellLayer, "LSTMCell", "one step of an LSTM").with(declare_cell);
TUTTI_REGISTER(Layer, LSTMLayer, "LSTM", "steps with a carried state behind gates")
    .with(declare_cell)
    .with(declare_recurrence);

}  // namespace tutti
