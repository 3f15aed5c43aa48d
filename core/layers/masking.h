// Masking: steps whose elements are all `mask_value` do not count in the layers that follow.
#pragma once

#include "core/layers/layer.h"

namespace tutti {

struct MaskingOptions {
  double mask_value = 0.0;
};

// (rows, ..., features) with the mask (rows, ...); what is left out becomes 0.
class MaskingLayer final : public Layer {
 public:
  using Options = MaskingOptions;
  explicit MaskingLayer(Options options) : options_(options) {}
  const Options& options() const { return options_; }
  bool supports_masking() const override { return true; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  std::vector<Value> compute_mask(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using Masking = LayerOf<MaskingLayer>;

}  // namespace tutti
