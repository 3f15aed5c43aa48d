#include "core/metrics/correlation.h"

#include "core/losses/regression.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"

namespace tutti::metrics {
namespace {

struct Centered {
  Value mean, rest, variance;
};

Centered centered(const Value& value, int axis) {
  const Value mean = reduce_mean(value, {axis}, true), rest = value - mean;
  return {mean, rest, reduce_mean(square(rest), {axis}, true)};
}

}  // namespace

Value PearsonCorrelation::values(const Value& y_true, const Value& y_pred) const {
  (void)losses::difference(y_true, y_pred, "PearsonCorrelation");
  const Centered a = centered(cast(y_true, y_pred.dtype()), options_.axis),
                 b = centered(y_pred, options_.axis);
  return reduce_mean(a.rest / sqrt(a.variance) * (b.rest / sqrt(b.variance)), {options_.axis});
}

Value ConcordanceCorrelation::values(const Value& y_true, const Value& y_pred) const {
  (void)losses::difference(y_true, y_pred, "ConcordanceCorrelation");
  const Centered a = centered(cast(y_true, y_pred.dtype()), options_.axis),
                 b = centered(y_pred, options_.axis);
  const Value scale = a.variance + b.variance + square(a.mean - b.mean) + losses::kEpsilon;
  return reduce_mean(2.0 * a.rest * b.rest / scale, {options_.axis});
}

TUTTI_REGISTER(Metric, PearsonCorrelation, "PearsonCorrelation",
               "covariance over the product of standard deviations")
    .argument("axis", &CorrelationOptions::axis, "along which the series lie");
TUTTI_REGISTER(Metric, ConcordanceCorrelation, "ConcordanceCorrelation",
               "how close y_pred is to y_true itself, 1 if equal")
    .argument("axis", &CorrelationOptions::axis, "along which the series lie");

}  // namespace tutti::metrics
