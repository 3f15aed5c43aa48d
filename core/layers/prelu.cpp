#include "core/layers/prelu.h"

#include "core/base/error.h"
#include "core/ops/elementwise.h"

namespace tutti {

void PReLULayer::build(const std::vector<Shape>& inputs) {
  if (inputs.size() != 1) fail(where(), "takes one input, got {}; merge them", inputs.size());
  std::vector<int64_t> dims{inputs[0].dims().begin() + 1, inputs[0].dims().end()};
  for (const int axis : options_.shared_axes.value_or(std::vector<int>{})) {
    if (axis < 1 || axis > static_cast<int>(dims.size()))
      fail(where(), "shared_axes names axis {} of {}; use 1 to {}", axis, to_string(inputs[0]),
           dims.size());
    dims[static_cast<size_t>(axis) - 1] = 1;
  }
  alpha_ = add_weight("alpha", Shape(std::move(dims)), options_.alpha_initializer,
                      options_.alpha_regularizer, options_.alpha_constraint);
}

std::vector<Value> PReLULayer::call(const std::vector<Value>& inputs) {
  const Value x = to_dtype(only(inputs));
  return {relu(x) - alpha_->read() * relu(-x)};
}

TUTTI_REGISTER(Layer, PReLULayer, "PReLU", "x above 0, a learnt slope below")
    .argument("alpha_initializer", &PReLUOptions::alpha_initializer, "how the slopes begin")
    .argument("alpha_regularizer", &PReLUOptions::alpha_regularizer, "penalty on the slopes")
    .argument("alpha_constraint", &PReLUOptions::alpha_constraint,
              "what the slopes keep after each step")
    .argument("shared_axes", &PReLUOptions::shared_axes, "axes along which one slope serves");

}  // namespace tutti
