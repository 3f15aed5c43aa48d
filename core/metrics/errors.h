// Metrics of numbers, by the losses of the same name: MeanSquaredError, MeanAbsoluteError,
// MeanAbsolutePercentageError, MeanSquaredLogarithmicError, LogCoshError, CosineSimilarity; and
// RootMeanSquaredError.
#pragma once

#include "core/metrics/metric.h"

namespace tutti::metrics {

class MeanSquaredError final : public MetricWith<NoOptions> {
 public:
  using MetricWith::MetricWith;
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::optional<bool> rises() const override { return false; }
};

class MeanAbsoluteError final : public MetricWith<NoOptions> {
 public:
  using MetricWith::MetricWith;
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::optional<bool> rises() const override { return false; }
};

class MeanAbsolutePercentageError final : public MetricWith<NoOptions> {
 public:
  using MetricWith::MetricWith;
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::optional<bool> rises() const override { return false; }
};

class MeanSquaredLogarithmicError final : public MetricWith<NoOptions> {
 public:
  using MetricWith::MetricWith;
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::optional<bool> rises() const override { return false; }
};

// Its name is "logcosh", as in Keras.
class LogCoshError final : public MetricWith<NoOptions> {
 public:
  using MetricWith::MetricWith;
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::optional<bool> rises() const override { return false; }

 protected:
  std::string default_name() const override { return "logcosh"; }
};

// The root of the mean over all batches, not the mean of roots.
class RootMeanSquaredError final : public MetricWith<NoOptions> {
 public:
  using MetricWith::MetricWith;
  Value values(const Value& y_true, const Value& y_pred) const override;
  Value mask(const Value&) const override { return {}; }  // as Keras's, which passes over masks
  double result(std::span<const double> totals) const override;
  std::optional<bool> rises() const override { return false; }
};

struct CosineSimilarityOptions {
  int axis = -1;
};

// 1 for one direction: the loss of the same name, negated.
class CosineSimilarity final : public MetricWith<CosineSimilarityOptions> {
 public:
  using MetricWith::MetricWith;
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::optional<bool> rises() const override { return true; }
};

}  // namespace tutti::metrics
