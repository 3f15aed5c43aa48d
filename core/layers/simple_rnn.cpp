#include "core/layers/simple_rnn.h"

#include "core/ops/elementwise.h"

namespace tutti {

SimpleRNNCellLayer::SimpleRNNCellLayer(Options options)
    : GatedCell("SimpleRNNCell", cell_options<CellParts>(options), 1),
      options_(std::move(options)) {}

CellRun SimpleRNNCellLayer::begin(const Shape& input_shape) {
  const DroppedProduct input(kernel(), input_masks(input_shape));
  const DroppedProduct state(recurrent_kernel(), state_masks(input_shape));
  const auto project = [this, input](const Value& x) {
    return has_bias() ? input(x) + bias() : input(x);
  };
  const auto step = [this, state](const Value& x, const std::vector<Value>& states) {
    const Value h = activate(x + state(states[0]));
    return CellStep{h, {h}};
  };
  return {project, step};
}

SimpleRNNLayer::SimpleRNNLayer(Options options)
    : RecurrentLayer(cell_named<SimpleRNNCellLayer>("simple_rnn_cell",
                                                    cell_options<SimpleRNNCellOptions>(options)),
                     recurrence_of(options), options.activity_regularizer),
      options_(std::move(options)) {}

TUTTI_REGISTER(Layer, SimpleRNNCellLayer, "SimpleRNNCell", "one step of a SimpleRNN")
    .with(declare_cell);
TUTTI_REGISTER(Layer, SimpleRNNLayer, "SimpleRNN", "a step sees the output of the one before")
    .with(declare_cell)
    .with(declare_recurrence);

}  // namespace tutti
