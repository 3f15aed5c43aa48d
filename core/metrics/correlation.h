// How y_true and y_pred move together along an axis: PearsonCorrelation, ConcordanceCorrelation
// (Lin, 1989). The mean over rows, or for axis 0 the correlation over the rows of a batch.
#pragma once

#include "core/metrics/metric.h"

namespace tutti::metrics {

struct CorrelationOptions {
  int axis = -1;
};

// The covariance over the product of the standard deviations.
class PearsonCorrelation final : public MetricWith<CorrelationOptions> {
 public:
  using MetricWith::MetricWith;
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::optional<bool> rises() const override { return true; }
};

// Twice the covariance over the sum of the variances and the squared difference of the means.
class ConcordanceCorrelation final : public MetricWith<CorrelationOptions> {
 public:
  using MetricWith::MetricWith;
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::optional<bool> rises() const override { return true; }
};

}  // namespace tutti::metrics
