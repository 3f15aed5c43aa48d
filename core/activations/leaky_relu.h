// leaky_relu: x above 0, negative_slope * x below
#pragma once

#include "core/activations/activation.h"

namespace tutti {

struct LeakyReluOptions {
  double negative_slope = 0.2;
};

class LeakyReluActivation final : public ActivationFunction {
 public:
  using Options = LeakyReluOptions;
  explicit LeakyReluActivation(Options options = {}) : options_(options) {}
  Value operator()(const Value& x) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace tutti
