#include "core/metrics/mean.h"

#include "core/base/error.h"
#include "core/losses/match_ranks.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"

namespace tutti::metrics {

Value Mean::values(const Value&, const Value& y_pred) const { return y_pred; }

std::vector<Value> Sum::sums(const Value&, const Value& y_pred, const Value& sample_weight) const {
  const Value each = is_floating(y_pred.dtype()) ? y_pred : cast(y_pred, DType::f32);
  if (!sample_weight.defined()) return {reduce_sum(each)};
  const auto [values, weight] = match_ranks(each, cast(sample_weight, each.dtype()));
  return {reduce_sum(values * align_weight(weight, values, "Sum"))};
}

MeanMetricWrapper::MeanMetricWrapper(Options options) : MetricWith(std::move(options)) {
  if (!options_.fn) fail("MeanMetricWrapper", "needs fn; name a loss, for example 'mse'");
}

Value MeanMetricWrapper::values(const Value& y_true, const Value& y_pred) const {
  return options_.fn->call(y_true, y_pred);
}

std::optional<bool> MeanMetricWrapper::rises() const {
  return kind_of(*options_.fn) ? std::optional<bool>(false) : std::nullopt;
}

TUTTI_REGISTER(Metric, Mean, "Mean", "mean of the predictions");
TUTTI_REGISTER(Metric, Sum, "Sum", "sum of the predictions");
TUTTI_REGISTER(Metric, MeanMetricWrapper, "MeanMetricWrapper", "mean of a loss")
    .required("fn", &MeanMetricWrapperOptions::fn, "a loss, or a C++ function");

}  // namespace tutti::metrics
