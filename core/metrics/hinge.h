// The losses of a margin as metrics: Hinge, SquaredHinge, CategoricalHinge. As in Keras, labels 0
// stand for -1 where the whole batch has no others than 0 and 1.
#pragma once

#include "core/metrics/metric.h"

namespace tutti::metrics {

class Hinge final : public MetricWith<NoOptions> {
 public:
  using MetricWith::MetricWith;
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::optional<bool> rises() const override { return false; }
};

class SquaredHinge final : public MetricWith<NoOptions> {
 public:
  using MetricWith::MetricWith;
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::optional<bool> rises() const override { return false; }
};

class CategoricalHinge final : public MetricWith<NoOptions> {
 public:
  using MetricWith::MetricWith;
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::optional<bool> rises() const override { return false; }
};

}  // namespace tutti::metrics
