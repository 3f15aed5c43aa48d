// Layers that return their input: Identity, and ActivityRegularization, which adds a penalty on it.
#pragma once

#include "core/layers/layer.h"
#include "core/regularizers/l1_l2.h"

namespace tutti {

class IdentityLayer final : public Layer {
 public:
  using Options = NoOptions;
  explicit IdentityLayer(Options) {}
  const Options& options() const { return options_; }
  bool supports_masking() const override { return true; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override { return {only(inputs)}; }

 private:
  Options options_;
};
using Identity = LayerOf<IdentityLayer>;

class ActivityRegularizationLayer final : public Layer {
 public:
  using Options = L1L2Options;
  explicit ActivityRegularizationLayer(Options options) : options_(options) {}
  const Options& options() const { return options_; }
  bool supports_masking() const override { return true; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using ActivityRegularization = LayerOf<ActivityRegularizationLayer>;

}  // namespace tutti
