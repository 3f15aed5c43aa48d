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
  const Shape shape{inputs[0][-1], options_.units};
  if (quantization())
    quantized_ = add_quantized_weight({.name = "kernel", .shape = shape, .scale = {shape[1]}});
  else
    kernel_ = add_weight("kernel", shape, options_.kernel_initializer, options_.kernel_regularizer,
                         options_.kernel_constraint);
  if (options_.use_bias)
    bias_ = add_weight("bias", {options_.units}, options_.bias_initializer,
                       options_.bias_regularizer, options_.bias_constraint);
  if (quantized_) add_scales(*quantized_);
}

Value DenseLayer::product(const Value& x) {
  if (!quantized_) return matmul(x, kernel_->read());
  const auto plain = [](const Value& a, const Value& b) { return matmul(a, b); };
  return quantized_->product({x, {-1}, plain}, activation_quantizer());
}

std::vector<Value> DenseLayer::call(const std::vector<Value>& inputs) {
  Value y = product(to_dtype(only(inputs)));
  if (bias_) y = y + bias_->read();
  if (options_.activation) y = (*options_.activation)(y);
  add_activity_loss(options_.activity_regularizer, y);
  return {y};
}

TUTTI_REGISTER(Layer, DenseLayer, "Dense", "activation(x kernel + bias)")
    .required("units", &DenseOptions::units, "neurons")
    .with(declare_activation)
    .with(declare_kernel_and_bias)
    .with(declare_quantization);

}  // namespace tutti
