// The losses between distributions as metrics: KLDivergence, Poisson.
#pragma once

#include "core/metrics/metric.h"

namespace tutti::metrics {

class KLDivergence final : public MetricWith<NoOptions> {
 public:
  using MetricWith::MetricWith;
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::optional<bool> rises() const override { return false; }
};

class Poisson final : public MetricWith<NoOptions> {
 public:
  using MetricWith::MetricWith;
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::optional<bool> rises() const override { return false; }
};

}  // namespace tutti::metrics
