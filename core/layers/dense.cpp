#include "core/layers/dense.h"

#include "core/base/error.h"
#include "core/layers/kernel_arguments.h"
#include "core/layers/layer_activation.h"
#include "core/ops/elementwise.h"
#include "core/ops/matmul.h"

namespace tutti {

DenseLayer::DenseLayer(Options options) : options_(std::move(options)) {
  if (options_.units <= 0) fail("Dense", "units is {}; use one neuron or more", options_.units);
}

std::vector<LayerPart> DenseLayer::parts() const {
  return parts_in("activation", options_.activation);
}

bool DenseLayer::fits(const Shape& built, const Shape& given) const {
  return given.rank() >= 2 && built[-1] == given[-1];
}

void DenseLayer::build(const std::vector<Shape>& inputs) {
  if (inputs.size() != 1 || inputs[0].rank() < 2)
    fail(where(), "takes one input of rank 2 or more, got {}; Reshape it to (rows, width)",
         inputs.size() == 1 ? to_string(inputs[0]) : fmt::format("{} inputs", inputs.size()));
  kernel_ = add_weight("kernel", {inputs[0][-1], options_.units}, options_.kernel_initializer,
                       options_.kernel_regularizer, options_.kernel_constraint);
  if (options_.use_bias)
    bias_ = add_weight("bias", {options_.units}, options_.bias_initializer,
                       options_.bias_regularizer, options_.bias_constraint);
}

std::vector<Value> DenseLayer::call(const std::vector<Value>& inputs) {
  Value y = matmul(to_dtype(only(inputs)), kernel_->read());
  if (bias_) y = y + bias_->read();
  if (options_.activation) y = (*options_.activation)(y);
  add_activity_loss(options_.activity_regularizer, y);
  return {y};
}

TUTTI_REGISTER(Layer, DenseLayer, "Dense", "activation(x kernel + bias)")
    .required("units", &DenseOptions::units, "neurons")
    .with(declare_activation)
    .with(declare_kernel_and_bias);

}  // namespace tutti
