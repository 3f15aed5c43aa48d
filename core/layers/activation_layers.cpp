#include "core/layers/activation_layers.h"

#include "core/activations/leaky_relu.h"
#include "core/base/error.h"
#include "core/layers/layer_activation.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"
#include "core/ops/softmax.h"

namespace tutti {
namespace {

constexpr double kUncounted = -1e9;  // Keras's

Value softmax_over(const Value& x, const std::vector<int>& axes, const std::string& where) {
  if (axes.empty()) fail(where, "has no axis; name one or more");
  if (axes.size() == 1) return softmax(x, axes[0]);
  const Value e = exp(x - reduce_max(x, axes, true));
  return e / reduce_sum(e, axes, true);
}

}  // namespace

ActivationLayer::ActivationLayer(Options options) : options_(std::move(options)) {
  if (!options_.activation) fail("Activation", "needs an activation; name one, for example 'relu'");
}

std::vector<LayerPart> ActivationLayer::parts() const {
  return parts_in("activation", options_.activation);
}

std::vector<Value> ActivationLayer::call(const std::vector<Value>& inputs) {
  return {(*options_.activation)(only(inputs))};
}

ReLULayer::ReLULayer(Options options) : options_(std::move(options)) {
  check_relu(options_, "ReLU");
}

std::vector<Value> ReLULayer::call(const std::vector<Value>& inputs) {
  return {relu(only(inputs), options_)};
}

LeakyReLULayer::LeakyReLULayer(Options options) : options_(options) {
  if (!(options_.negative_slope >= 0))
    fail("LeakyReLU", "negative_slope is {}; use 0 or more", options_.negative_slope);
}

std::vector<Value> LeakyReLULayer::call(const std::vector<Value>& inputs) {
  return {LeakyReluActivation({options_.negative_slope})(only(inputs))};
}

std::vector<Value> ELULayer::call(const std::vector<Value>& inputs) {
  return {EluActivation(options_)(only(inputs))};
}

std::vector<Value> SoftmaxLayer::call(const std::vector<Value>& inputs) {
  if (inputs.size() > 2) fail(where(), "takes a value and its mask, got {} values", inputs.size());
  Value x = inputs.at(0), counts = inputs.size() == 2 ? inputs[1] : mask_of(x);
  if (counts.defined()) {
    if (counts.dtype() != DType::bool_) counts = greater(counts, 0.5);
    // A mask of steps lacks the axes behind them; another is broadcast from behind.
    while (inputs.size() == 1 && counts.shape().rank() < x.shape().rank())
      counts = expand_dims(counts, -1);
    x = select(counts, x, kUncounted);
  }
  Value y = softmax_over(x, options_.axis, where());
  if (counts.defined()) y = select(counts, y, 0.0);
  return {y};
}

TUTTI_REGISTER(Layer, ActivationLayer, "Activation", "an activation as a layer")
    .required("activation", &ActivationLayerOptions::activation, "by name or config");
TUTTI_REGISTER(Layer, ReLULayer, "ReLU", "max(x, 0), with a cut, a slope and a threshold")
    .argument("max_value", &ReluOptions::max_value, "largest value, none by default")
    .argument("negative_slope", &ReluOptions::negative_slope, "slope below the threshold")
    .argument("threshold", &ReluOptions::threshold, "values up to it count as negative");
TUTTI_REGISTER(Layer, LeakyReLULayer, "LeakyReLU", "x above 0, negative_slope * x below")
    .argument("negative_slope", &LeakyReLUOptions::negative_slope, "slope below 0");
TUTTI_REGISTER(Layer, ELULayer, "ELU", "x above 0, alpha (e^x - 1) below")
    .argument("alpha", &EluOptions::alpha, "the limit towards minus infinity, negated");
TUTTI_REGISTER(Layer, SoftmaxLayer, "Softmax", "e^x over its sum along an axis")
    .argument("axis", &SoftmaxLayerOptions::axis, "or axes, whose elements add to 1");

}  // namespace tutti
