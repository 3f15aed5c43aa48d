#include "core/layers/gru.h"

#include "core/ops/elementwise.h"
#include "core/ops/reshape.h"
#include "core/ops/slice.h"

namespace tutti {

GRUCellLayer::GRUCellLayer(Options options)
    : GatedCell("GRUCell", cell_options<CellParts>(options), 3), options_(std::move(options)) {}

// With reset_after the products with the input and with the state have biases of their own.
Shape GRUCellLayer::bias_shape() const {
  const int64_t columns = 3 * options_.units;
  return options_.reset_after ? Shape({2, columns}) : Shape({columns});
}

CellRun GRUCellLayer::begin(const Shape& input_shape) {
  const int64_t units = options_.units;
  Value input_bias, state_bias;
  if (has_bias()) {
    const Value all = reshape(bias(), {options_.reset_after ? 2 : 1, 3 * units});
    input_bias = squeeze(slice(all, 0, 0, 1), 0);
    if (options_.reset_after) state_bias = squeeze(slice(all, 0, 1, 2), 0);
  }
  const DroppedProduct input(kernel(), input_masks(input_shape));
  const auto project = [input, input_bias](const Value& x) {
    return input_bias.defined() ? input(x) + input_bias : input(x);
  };
  const auto masks = state_masks(input_shape);
  const auto next = [this](const Value& z, const Value& h, const Value& candidate) {
    const Value mixed = z * h + (1.0 - z) * activate(candidate);
    return CellStep{mixed, {mixed}};
  };
  if (options_.reset_after) {
    const DroppedProduct state(recurrent_kernel(), masks);
    return {project, [=, this](const Value& projected, const std::vector<Value>& states) {
              Value inner = state(states[0]);
              if (state_bias.defined()) inner = inner + state_bias;
              const auto x = split(projected, 3), h = split(inner, 3);
              const Value r = activate_gate(x[1] + h[1]);
              return next(activate_gate(x[0] + h[0]), states[0], x[2] + r * h[2]);
            }};
  }
  const auto of = [&](size_t begin, size_t end) {
    return masks.empty() ? masks
                         : std::vector<Value>(masks.begin() + static_cast<int64_t>(begin),
                                              masks.begin() + static_cast<int64_t>(end));
  };
  const DroppedProduct gates(slice(recurrent_kernel(), 1, 0, 2 * units), of(0, 2));
  const DroppedProduct candidate(slice(recurrent_kernel(), 1, 2 * units, 3 * units), of(2, 3));
  return {project, [=, this](const Value& projected, const std::vector<Value>& states) {
            const auto x = split(projected, 3), h = split(gates(states[0]), 2);
            const Value r = activate_gate(x[1] + h[1]);
            return next(activate_gate(x[0] + h[0]), states[0], x[2] + candidate(r * states[0]));
          }};
}

GRULayer::GRULayer(Options options)
    : RecurrentLayer(cell_named<GRUCellLayer>("gru_cell", cell_options<GRUCellOptions>(options)),
                     recurrence_of(options), options.activity_regularizer),
      options_(std::move(options)) {}

TUTTI_REGISTER(Layer, GRUCellLayer, "GRUCell", "one step of a GRU").with(declare_cell);
TUTTI_REGISTER(Layer, GRULayer, "GRU", "steps with one state behind two gates")
    .with(declare_cell)
    .with(declare_recurrence);

}  // namespace tutti
