// relu: x from `threshold` on, cut at `max_value`; below it negative_slope * (x - threshold).
#pragma once

#include <optional>

#include "core/activations/activation.h"

namespace tutti {

struct ReluOptions {
  double negative_slope = 0.0;
  std::optional<double> max_value = {};
  double threshold = 0.0;
};

// What both the activation and the layer ReLU compute. Throws for negative arguments.
Value relu(const Value& x, const ReluOptions& options);
void check_relu(const ReluOptions& options, const char* where);

class ReluActivation final : public ActivationFunction {
 public:
  using Options = ReluOptions;
  explicit ReluActivation(Options options = {});
  Value operator()(const Value& x) const override { return relu(x, options_); }
  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace tutti
