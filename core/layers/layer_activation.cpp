#include "core/layers/layer_activation.h"

#include "core/base/error.h"

namespace tutti {

Value LayerActivation::operator()(const Value& x) const {
  const auto outputs = layer_->apply({x});
  if (outputs.size() != 1 || outputs[0].shape() != x.shape())
    fail(layer_->name(), "as an activation must keep the shape {}, it gives {}; use another layer",
         to_string(x.shape()), to_string(outputs[0].shape()));
  return outputs[0];
}

std::shared_ptr<ActivationFunction> ActivationFunction::from_function(const LayerHandle& layer) {
  return std::make_shared<LayerActivation>(layer.pointer());
}

[[maybe_unused]] static const bool tutti_layers_are_activations = adopt_kinds(
    ActivationFunction::category, Layer::category,
    [](const Config& config) { return std::make_shared<LayerActivation>(make_layer(config)); });

}  // namespace tutti
