// squareplus: (x + sqrt(x^2 + b)) / 2, a softplus without exponentials. Barron, 2021.
#pragma once

#include "core/activations/activation.h"

namespace tutti {

struct SquareplusOptions {
  double b = 4.0;
};

class SquareplusActivation final : public ActivationFunction {
 public:
  using Options = SquareplusOptions;
  explicit SquareplusActivation(Options options = {}) : options_(options) {}
  Value operator()(const Value& x) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace tutti
