// How often a prediction is right, by what labels and predictions look like.
#pragma once

#include "core/metrics/metric.h"

namespace tutti::metrics {

// y_pred equals y_true.
class Accuracy final : public MeanMetric {
 public:
  using Options = NoOptions;
  explicit Accuracy(Options = {}) {}
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::optional<bool> rises() const override { return true; }
  const Options& options() const { return options_; }

 private:
  Options options_;
};

struct BinaryAccuracyOptions {
  double threshold = 0.5;
};

// y_true is 1 where y_pred > threshold, 0 elsewhere.
class BinaryAccuracy final : public MeanMetric {
 public:
  using Options = BinaryAccuracyOptions;
  explicit BinaryAccuracy(Options options = {}) : options_(options) {}
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::optional<bool> rises() const override { return true; }
  const Options& options() const { return options_; }

 private:
  Options options_;
};

// The largest of y_pred stands where the largest of y_true does.
class CategoricalAccuracy final : public MeanMetric {
 public:
  using Options = NoOptions;
  explicit CategoricalAccuracy(Options = {}) {}
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::optional<bool> rises() const override { return true; }
  const Options& options() const { return options_; }

 private:
  Options options_;
};

// The largest of y_pred stands at the index y_true.
class SparseCategoricalAccuracy final : public MeanMetric {
 public:
  using Options = NoOptions;
  explicit SparseCategoricalAccuracy(Options = {}) {}
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::optional<bool> rises() const override { return true; }
  const Options& options() const { return options_; }

 private:
  Options options_;
};

// "accuracy" and "acc": one of the three above, by the shapes.
class AccuracyByShape final : public MeanMetric {
 public:
  using Options = NoOptions;
  explicit AccuracyByShape(Options = {}) {}
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::shared_ptr<Metric> for_shapes(const Shape& y_true, const Shape& y_pred,
                                     bool sparse_labels) const override;
  std::optional<bool> rises() const override { return true; }
  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace tutti::metrics
