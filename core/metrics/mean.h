// Metrics of the predictions themselves, Mean and Sum, which do not look at y_true; and
// MeanMetricWrapper, the mean of a loss.
#pragma once

#include "core/losses/loss.h"
#include "core/metrics/metric.h"

namespace tutti::metrics {

class Mean final : public MetricWith<NoOptions> {
 public:
  using MetricWith::MetricWith;
  Value values(const Value& y_true, const Value& y_pred) const override;
};

class Sum final : public MetricWith<NoOptions, Metric> {
 public:
  using MetricWith::MetricWith;
  std::vector<Value> sums(const Value& y_true, const Value& y_pred,
                          const Value& sample_weight) const override;
  double result(std::span<const double> totals) const override { return totals[0]; }
};

struct MeanMetricWrapperOptions {
  Ref<Loss> fn = {};
};

// The weighted mean of what a loss, or a C++ function of (y_true, y_pred), gives for each row.
class MeanMetricWrapper final : public MetricWith<MeanMetricWrapperOptions> {
 public:
  explicit MeanMetricWrapper(Options options);  // throws without fn
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::optional<bool> rises() const override;  // a loss does not; of a function nobody knows
};

}  // namespace tutti::metrics
