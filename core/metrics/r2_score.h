// R2Score: the part of the variance of y_true that y_pred explains, for each column and their mean.
#pragma once

#include "core/metrics/metric.h"

namespace tutti::metrics {

struct R2ScoreOptions {
  std::optional<std::string> class_aggregation = "uniform_average";  // none: one for each column
  int64_t num_regressors = 0;  // above 0: adjusted for so many inputs
};

class R2Score final : public MetricWith<R2ScoreOptions, Metric> {
 public:
  explicit R2Score(Options options = {});
  // Of (rows, columns).
  std::vector<Value> sums(const Value& y_true, const Value& y_pred,
                          const Value& sample_weight) const override;
  double result(std::span<const double> totals) const override;
  std::vector<double> results(std::span<const double> totals) const override;
  std::optional<bool> rises() const override { return true; }
};

}  // namespace tutti::metrics
