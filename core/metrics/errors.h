// Metrics of numbers: MeanSquaredError, MeanAbsoluteError, RootMeanSquaredError.
#pragma once

#include "core/metrics/metric.h"

namespace tutti::metrics {

class MeanSquaredError final : public MeanMetric {
 public:
  using Options = NoOptions;
  explicit MeanSquaredError(Options = {}) {}
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::optional<bool> rises() const override { return false; }
  const Options& options() const { return options_; }

 private:
  Options options_;
};

class MeanAbsoluteError final : public MeanMetric {
 public:
  using Options = NoOptions;
  explicit MeanAbsoluteError(Options = {}) {}
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::optional<bool> rises() const override { return false; }
  const Options& options() const { return options_; }

 private:
  Options options_;
};

// The root of the mean over all batches, not the mean of roots.
class RootMeanSquaredError final : public MeanMetric {
 public:
  using Options = NoOptions;
  explicit RootMeanSquaredError(Options = {}) {}
  Value values(const Value& y_true, const Value& y_pred) const override;
  double result(std::span<const double> totals) const override;
  std::optional<bool> rises() const override { return false; }
  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace tutti::metrics
