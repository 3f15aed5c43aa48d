// TimeDistributed: one layer applied to every step.
#pragma once

#include "core/layers/layer.h"

namespace tutti {

struct TimeDistributedOptions {
  Ref<Layer> layer = {};
};

// (rows, steps, ...) -> (rows, steps, what the layer makes of (rows, ...)). A mask that goes beyond
// the steps is the layer's. It gives the layer its dtype.
class TimeDistributedLayer final : public Layer {
 public:
  using Options = TimeDistributedOptions;
  explicit TimeDistributedLayer(Options options);
  const Options& options() const { return options_; }
  std::vector<LayerPart> parts() const override { return {{"layer", options_.layer.pointer()}}; }
  bool supports_masking() const override { return true; }

 protected:
  void build(const std::vector<Shape>& inputs) override;
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  bool names_sublayers() const override { return true; }
  bool fits(const Shape& built, const Shape& given) const override;

 private:
  Options options_;
};
using TimeDistributed = LayerOf<TimeDistributedLayer>;

}  // namespace tutti
