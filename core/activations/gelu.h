// gelu: x times the normal distribution's P(X <= x). Hendrycks and Gimpel, 2016.
#pragma once

#include "core/activations/activation.h"

namespace tutti {

struct GeluOptions {
  bool approximate = false;
};

class GeluActivation final : public ActivationFunction {
 public:
  using Options = GeluOptions;
  explicit GeluActivation(Options options = {}) : options_(options) {}
  Value operator()(const Value& x) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace tutti
