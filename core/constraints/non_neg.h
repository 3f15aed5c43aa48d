// NonNeg: weights below 0 become 0.
#pragma once

#include "core/constraints/constraint.h"

namespace tutti {

class NonNeg final : public Constraint {
 public:
  using Options = NoOptions;
  explicit NonNeg(Options = {}) {}
  Value operator()(const Value& weight) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace tutti
