// Activations that ONNX has an operator for, and the layers that are one. sigmoid, tanh, relu and
// the like need no entry: they are ops.
#include "core/layers/activation_layers.h"

#include "core/activations/leaky_relu.h"
#include "core/activations/plain.h"
#include "core/activations/shrink.h"
#include "core/activations/softmax.h"
#include "io/onnx/export/emitters.h"

namespace tutti::onnx {
namespace {

// An operator with attributes made from the activation's options.
template <typename A>
bool activation_is(const char* kind, const char* op,
                   Attributes (*attributes)(const A& activation)) {
  return register_activation_emitter(
      kind, [=](GraphWriter& graph, const ActivationFunction& activation, const std::string& x,
                size_t rank) {
        return graph.pointwise(op, {x}, rank, attributes(static_cast<const A&>(activation)));
      });
}
template <typename A>
Attributes no_attributes(const A&) {
  return {};
}
template <typename A>
Attributes alpha_attribute(const A& activation) {
  return {{"alpha", static_cast<float>(activation.options().alpha)}};
}
Attributes slope_attribute(const LeakyReluActivation& activation) {
  return {{"alpha", static_cast<float>(activation.options().negative_slope)}};
}
Attributes hard_sigmoid_attributes(const HardSigmoidActivation&) {
  return {{"alpha", 1.0f / 6}, {"beta", 0.5f}};
}
template <typename A>
Attributes shrink_attributes(const A& activation) {
  const auto threshold = static_cast<float>(activation.options().threshold);
  return {{"lambd", threshold},
          {"bias", std::is_same_v<A, SoftShrinkActivation> ? threshold : 0.0f}};
}

// Along an axis: in the order that the layer sees.
template <typename A>
bool activation_along(const char* kind, const char* op) {
  return register_activation_emitter(
      kind,
      [=](GraphWriter& graph, const ActivationFunction& activation, const std::string& x, size_t) {
        return graph.node(op, {x},
                          {{"axis", int64_t{static_cast<const A&>(activation).options().axis}}});
      });
}

[[maybe_unused]] const bool activations_entered =
    activation_is<EluActivation>("elu", "Elu", alpha_attribute) &&
    activation_is<CeluActivation>("celu", "Celu", alpha_attribute) &&
    activation_is<LeakyReluActivation>("leaky_relu", "LeakyRelu", slope_attribute) &&
    activation_is<SeluActivation>("selu", "Selu", no_attributes) &&
    activation_is<SoftsignActivation>("softsign", "Softsign", no_attributes) &&
    activation_is<HardSigmoidActivation>("hard_sigmoid", "HardSigmoid", hard_sigmoid_attributes) &&
    activation_is<HardSiluActivation>("hard_silu", "HardSwish", no_attributes) &&
    activation_is<HardShrinkActivation>("hard_shrink", "Shrink", shrink_attributes) &&
    activation_is<SoftShrinkActivation>("soft_shrink", "Shrink", shrink_attributes) &&
    activation_along<SoftmaxActivation>("softmax", "Softmax") &&
    activation_along<LogSoftmaxActivation>("log_softmax", "LogSoftmax");

CallEmitter as_activation(const Ref<ActivationFunction>& activation, const LayerCall& call) {
  return [activation, shape = call.outputs[0]](GraphWriter&, ActivationWriter& activations,
                                               const Names& inputs) {
    return Names{activations.activate(activation, inputs[0], shape)};
  };
}
CallEmitter emit_activation(const ActivationLayer& layer, const LayerCall& call) {
  return as_activation(layer.options().activation, call);
}
CallEmitter emit_leaky_relu(const LeakyReLULayer& layer, const LayerCall& call) {
  return as_activation(LeakyReluActivation({layer.options().negative_slope}), call);
}
CallEmitter emit_elu(const ELULayer& layer, const LayerCall& call) {
  return as_activation(EluActivation(layer.options()), call);
}

[[maybe_unused]] const bool activation_layers_entered =
    register_layers<ActivationLayer>({"Activation"}, emit_activation) &&
    register_layers<LeakyReLULayer>({"LeakyReLU"}, emit_leaky_relu) &&
    register_layers<ELULayer>({"ELU"}, emit_elu);

}  // namespace
}  // namespace tutti::onnx
