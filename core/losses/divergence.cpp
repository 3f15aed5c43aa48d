#include "core/losses/divergence.h"

#include "core/losses/regression.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"

namespace tutti::losses {
Value KLDivergence::call(const Value& y_true, const Value& y_pred) const {
  (void)difference(y_true, y_pred, "KLDivergence");
  const auto cut = [](const Value& value) { return minimum(maximum(value, kEpsilon), 1.0); };
  const Value target = cut(cast(y_true, y_pred.dtype()));
  return reduce_sum(target * log(target / cut(y_pred)), {-1});
}

Value Poisson::call(const Value& y_true, const Value& y_pred) const {
  (void)difference(y_true, y_pred, "Poisson");
  return mean_over_last(y_pred - cast(y_true, y_pred.dtype()) * log(y_pred + kEpsilon));
}

TUTTI_REGISTER(Loss, KLDivergence, "KLDivergence", "sum of y_true log(y_true / y_pred)")
    .with(declare_reduction)
    .alias("kld")
    .alias("KLD")
    .alias("kullback_leibler_divergence");
TUTTI_REGISTER(Loss, Poisson, "Poisson", "mean of y_pred - y_true log(y_pred)")
    .with(declare_reduction);

}  // namespace tutti::losses
