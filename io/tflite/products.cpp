// Dense, and layers that are a product and a sum of each channel.
#include <cmath>

#include "core/layers/batch_normalization.h"
#include "core/layers/dense.h"
#include "core/ops/transpose.h"
#include "io/tflite/emitters.h"

namespace tutti::tflite {
namespace {

Id dense(const DenseLayer& layer, const Emission& e) {
  const auto& o = layer.options();
  schema::FullyConnectedOptionsT options;
  options.keep_num_dims = e.in().rank() > 2;
  const Tensor bias = o.use_bias ? e.weight(1) : Tensor::zeros({o.units});
  const Id y = e.writer.node(
      Op::FULLY_CONNECTED,
      {e.inputs[0], e.writer.constant(transpose(e.weight(0))), e.writer.constant(bias)}, e.out(),
      schema::BuiltinOptions::FullyConnectedOptions, options);
  return e.activated(o.activation, y, e.out());
}

Id scaled(const Emission& e, const Tensor& scale, const Tensor& offset) {
  const Id y = e.binary(Op::MUL, e.inputs[0], e.writer.constant(scale), e.out());
  return e.binary(Op::ADD, y, e.writer.constant(offset), e.out());
}

// With the moving statistics, in f64 until the end.
Id batch_normalization(const BatchNormalizationLayer& layer, const Emission& e) {
  const auto& o = layer.options();
  const Shape& shape = e.in();
  if (normalize_axis(o.axis, shape.rank(), "tflite") != shape.rank() - 1)
    e.refuse("normalizes another axis than the last; .tflite files have channels last");
  const auto features = static_cast<size_t>(shape[-1]);
  size_t at = 0;
  const auto next = [&](bool there, double otherwise) {
    return there ? e.weight(at++).to_vector<double>() : std::vector<double>(features, otherwise);
  };
  const auto gamma = next(o.scale, 1), beta = next(o.center, 0), mean = next(true, 0),
             variance = next(true, 1);
  std::vector<double> scale, offset;
  for (size_t i = 0; i < features; ++i) {
    scale.push_back(gamma[i] / std::sqrt(variance[i] + o.epsilon));
    offset.push_back(beta[i] - mean[i] * scale[i]);
  }
  const auto row = [&](const std::vector<double>& values) {
    return Tensor::from(values, {shape[-1]}).to(DType::f32);
  };
  return scaled(e, row(scale), row(offset));
}

[[maybe_unused]] const bool products_entered =
    register_layers<DenseLayer>({"Dense"}, dense) &&
    register_layers<BatchNormalizationLayer>({"BatchNormalization"}, batch_normalization);

}  // namespace
}  // namespace tutti::tflite
