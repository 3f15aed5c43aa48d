// Activations that give up values near zero or below a threshold: hard_shrink, soft_shrink,
// threshold.
#pragma once

#include "core/activations/activation.h"

namespace tutti {

struct ShrinkOptions {
  double threshold = 0.5;
};

// x where |x| > threshold, 0 elsewhere.
class HardShrinkActivation final : public ActivationFunction {
 public:
  using Options = ShrinkOptions;
  explicit HardShrinkActivation(Options options = {}) : options_(options) {}
  Value operator()(const Value& x) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

// x moved by threshold towards 0, and 0 where that would pass it.
class SoftShrinkActivation final : public ActivationFunction {
 public:
  using Options = ShrinkOptions;
  explicit SoftShrinkActivation(Options options = {}) : options_(options) {}
  Value operator()(const Value& x) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

struct ThresholdOptions {
  double threshold = 0.0;
  double default_value = 0.0;
};

// x above threshold, default_value elsewhere.
class ThresholdActivation final : public ActivationFunction {
 public:
  using Options = ThresholdOptions;
  explicit ThresholdActivation(Options options) : options_(options) {}
  Value operator()(const Value& x) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace tutti
