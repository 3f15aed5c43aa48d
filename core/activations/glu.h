// glu: one half of an axis times the sigmoid of the other half. Dauphin et al., 2017.
#pragma once

#include "core/activations/activation.h"

namespace tutti {

struct GluOptions {
  int axis = -1;
};

class GluActivation final : public ActivationFunction {
 public:
  using Options = GluOptions;
  explicit GluActivation(Options options = {}) : options_(options) {}
  Value operator()(const Value& x) const override;  // halves the axis; throws for an odd one
  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace tutti
