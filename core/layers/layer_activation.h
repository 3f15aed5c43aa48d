// A layer that stands where an activation is wanted: `{Dense: {units: 8, activation: {LeakyReLU:
// {negative_slope: 0.1}}}}`, `Dense({.units = 8, .activation = LeakyReLU(0.1)})`.
#pragma once

#include "core/activations/activation.h"
#include "core/layers/layer.h"

namespace tutti {

class LayerActivation final : public ActivationFunction {
 public:
  explicit LayerActivation(std::shared_ptr<Layer> layer) : layer_(std::move(layer)) {}
  Value operator()(const Value& x) const override;  // throws if the layer changes the shape
  std::shared_ptr<Layer> layer() const override { return layer_; }
  const Configurable& configured() const override { return *layer_; }
  Config config() const override { return layer_config(*layer_); }

 private:
  std::shared_ptr<Layer> layer_;
};

// The layer that stands where an activation is wanted, if one does: a part of who holds it.
inline std::vector<LayerPart> parts_in(const std::string& attribute,
                                       const Ref<ActivationFunction>& activation) {
  const auto inner = activation ? activation->layer() : nullptr;
  if (!inner) return {};
  return {{attribute, inner}};
}

}  // namespace tutti
