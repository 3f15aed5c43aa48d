// Losses between distributions: KLDivergence, and Poisson's for counts.
#pragma once

#include "core/losses/loss.h"

namespace tutti::losses {

// The sum of y_true log(y_true / y_pred) over the last axis, both cut to [1e-7, 1].
class KLDivergence final : public LossWith<ReductionOptions> {
 public:
  using LossWith::LossWith;
  Value call(const Value& y_true, const Value& y_pred) const override;
};

// The mean of y_pred - y_true log(y_pred + 1e-7): y_pred is the rate of the counts y_true.
class Poisson final : public LossWith<ReductionOptions> {
 public:
  using LossWith::LossWith;
  Value call(const Value& y_true, const Value& y_pred) const override;
};

}  // namespace tutti::losses
