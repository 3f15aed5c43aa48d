#include "core/layers/lstm.h"

#include "core/initializers/constant.h"
#include "core/ops/concatenate.h"
#include "core/ops/elementwise.h"

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
    : GatedCell("LSTMCell", cell_options<CellParts>(options), 4), options_(std::move(options)) {}

Ref<Initializer> open_forget_gate(const Ref<Initializer>& others, int64_t units) {
  return others ? Ref<Initializer>(std::make_shared<OpenForgetGate>(others, units)) : others;
}

Ref<Initializer> LSTMCellLayer::bias_initializer() const {
  const auto& given = options_.bias_initializer;
  return options_.unit_forget_bias ? open_forget_gate(given, options_.units) : given;
}

CellRun LSTMCellLayer::begin(const Shape& input_shape) {
  const DroppedProduct input(kernel(), input_masks(input_shape));
  const DroppedProduct state(recurrent_kernel(), state_masks(input_shape));
  const auto project = [this, input](const Value& x) {
    return has_bias() ? input(x) + bias() : input(x);
  };
  const auto step = [this, state](const Value& x, const std::vector<Value>& states) {
    return lstm_step(x + state(states[0]), states[1]);
  };
  return {project, step};
}

LSTMLayer::LSTMLayer(Options options)
    : RecurrentLayer(cell_named<LSTMCellLayer>("lstm_cell", cell_options<LSTMCellOptions>(options)),
                     recurrence_of(options), options.activity_regularizer),
      options_(std::move(options)) {}

TUTTI_REGISTER(Layer, LSTMCellLayer, "LSTMCell", "one step of an LSTM").with(declare_cell);
TUTTI_REGISTER(Layer, LSTMLayer, "LSTM", "steps with a carried state behind gates")
    .with(declare_cell)
    .with(declare_recurrence);

}  // namespace tutti
