// Rescaling: x * scale + offset.
#pragma once

#include "core/layers/layer.h"

namespace tutti {

struct RescalingOptions {
  double scale = 1.0;
  double offset = 0.0;
};

class RescalingLayer final : public Layer {
 public:
  using Options = RescalingOptions;
  explicit RescalingLayer(Options options) : options_(options) {}
  const Options& options() const { return options_; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using Rescaling = LayerOf<RescalingLayer>;

}  // namespace tutti
