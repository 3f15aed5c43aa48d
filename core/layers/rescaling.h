// Rescaling: x * scale + offset, which are numbers or arrays that broadcast along the last axes.
#pragma once

#include "core/layers/layer.h"
#include "core/tensor/number_array.h"

namespace tutti {

struct RescalingOptions {
  NumberArray scale = 1.0;
  NumberArray offset = 0.0;
};

class RescalingLayer final : public Layer {
 public:
  using Options = RescalingOptions;
  explicit RescalingLayer(Options options) : options_(std::move(options)) {}
  const Options& options() const { return options_; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using Rescaling = LayerOf<RescalingLayer>;

}  // namespace tutti
