// Activations, and the layers that are one.
#include "core/layers/activation_layers.h"

#include <map>

#include "core/activations/elu.h"
#include "core/activations/leaky_relu.h"
#include "core/activations/relu.h"
#include "core/activations/softmax.h"
#include "core/layers/prelu.h"
#include "io/tflite/emitters.h"

namespace tutti::tflite {
namespace {

// Below 0 a slope, one for all or as many as broadcast.
Id sloped(const Emission& e, Id x, const Tensor& slope, const Shape& shape) {
  return e.writer.node(Op::PRELU, {x, e.writer.constant(slope)}, shape);
}

Id rectified(const Emission& e, const ReluOptions& o, Id x, const Shape& shape) {
  if (o.threshold != 0) e.refuse("has a relu with a threshold, which is not written to .tflite");
  if (o.max_value && o.negative_slope == 0 && *o.max_value == 6)
    return e.writer.node(Op::RELU6, {x}, shape);
  Id y = o.negative_slope == 0 ? e.writer.node(Op::RELU, {x}, shape)
                               : sloped(e, x, Tensor::full({1}, o.negative_slope), shape);
  if (o.max_value) y = e.binary(Op::MINIMUM, y, e.writer.number(*o.max_value), shape);
  return y;
}

Id softmax(const Emission& e, int axis, Id x, const Shape& shape) {
  if (normalize_axis(axis, shape.rank(), "tflite") != shape.rank() - 1)
    e.refuse("has a softmax along another axis than the last");
  schema::SoftmaxOptionsT options;
  options.beta = 1;
  return e.writer.node(Op::SOFTMAX, {x}, shape, schema::BuiltinOptions::SoftmaxOptions, options);
}

Id exponential_linear(const Emission& e, double alpha, Id x, const Shape& shape) {
  if (alpha != 1) e.refuse("has an elu of another alpha than 1, which is not written to .tflite");
  return e.writer.node(Op::ELU, {x}, shape);
}

}  // namespace

Id Emission::activated(const Ref<ActivationFunction>& activation, Id x, const Shape& shape) const {
  if (!activation) return x;
  const ActivationFunction& function = *activation;
  if (const auto* relu = dynamic_cast<const ReluActivation*>(&function))
    return rectified(*this, relu->options(), x, shape);
  if (const auto* leaky = dynamic_cast<const LeakyReluActivation*>(&function))
    return sloped(*this, x, Tensor::full({1}, leaky->options().negative_slope), shape);
  if (const auto* elu = dynamic_cast<const EluActivation*>(&function))
    return exponential_linear(*this, elu->options().alpha, x, shape);
  if (const auto* soft = dynamic_cast<const SoftmaxActivation*>(&function))
    return softmax(*this, soft->options().axis, x, shape);
  const KindInfo* kind = function.layer() ? nullptr : kind_of(function);
  const std::string name = kind ? kind->name : "layer";
  if (name == "linear") return x;
  if (name == "silu") return binary(Op::MUL, x, writer.node(Op::LOGISTIC, {x}, shape), shape);
  static const std::map<std::string, Op> ops = {{"sigmoid", Op::LOGISTIC},
                                                {"tanh", Op::TANH},
                                                {"relu6", Op::RELU6},
                                                {"exponential", Op::EXP},
                                                {"hard_silu", Op::HARD_SWISH}};
  const auto found = ops.find(name);
  if (found == ops.end())
    refuse("has the activation '" + name + "', which is not written to .tflite; write .onnx");
  return writer.node(found->second, {x}, shape);
}

namespace {

Id activation(const ActivationLayer& layer, const Emission& e) {
  return e.activated(layer.options().activation, e.inputs[0], e.out());
}
Id relu(const ReLULayer& layer, const Emission& e) {
  return rectified(e, layer.options(), e.inputs[0], e.out());
}
Id leaky_relu(const LeakyReLULayer& layer, const Emission& e) {
  return sloped(e, e.inputs[0], Tensor::full({1}, layer.options().negative_slope), e.out());
}
Id elu(const ELULayer& layer, const Emission& e) {
  return exponential_linear(e, layer.options().alpha, e.inputs[0], e.out());
}
Id softmax_layer(const SoftmaxLayer& layer, const Emission& e) {
  if (layer.options().axis.size() != 1) e.refuse("has a softmax over several axes");
  return softmax(e, layer.options().axis[0], e.inputs[0], e.out());
}
Id prelu(const PReLULayer&, const Emission& e) {
  return sloped(e, e.inputs[0], e.weight(0), e.out());
}

[[maybe_unused]] const bool activations_entered =
    register_layers<ActivationLayer>({"Activation"}, activation) &&
    register_layers<ReLULayer>({"ReLU"}, relu) &&
    register_layers<LeakyReLULayer>({"LeakyReLU"}, leaky_relu) &&
    register_layers<ELULayer>({"ELU"}, elu) &&
    register_layers<SoftmaxLayer>({"Softmax"}, softmax_layer) &&
    register_layers<PReLULayer>({"PReLU"}, prelu);

}  // namespace
}  // namespace tutti::tflite
