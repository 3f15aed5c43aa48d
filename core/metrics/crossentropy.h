// The cross-entropies as metrics: weighted means of the losses of the same name.
#pragma once

#include <optional>

#include "core/metrics/metric.h"

namespace tutti::metrics {

struct BinaryCrossentropyOptions {
  bool from_logits = false;
  double label_smoothing = 0.0;
};

class BinaryCrossentropy final : public MeanMetric {
 public:
  using Options = BinaryCrossentropyOptions;
  explicit BinaryCrossentropy(Options options = {}) : options_(options) {}
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::optional<bool> rises() const override { return false; }
  const Options& options() const { return options_; }

 private:
  Options options_;
};

struct CategoricalCrossentropyOptions {
  bool from_logits = false;
  double label_smoothing = 0.0;
  int axis = -1;
};

class CategoricalCrossentropy final : public MeanMetric {
 public:
  using Options = CategoricalCrossentropyOptions;
  explicit CategoricalCrossentropy(Options options = {}) : options_(options) {}
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::optional<bool> rises() const override { return false; }
  const Options& options() const { return options_; }

 private:
  Options options_;
};

struct SparseCategoricalCrossentropyOptions {
  bool from_logits = false;
  std::optional<int64_t> ignore_class = {};
  int axis = -1;
};

class SparseCategoricalCrossentropy final : public MeanMetric {
 public:
  using Options = SparseCategoricalCrossentropyOptions;
  explicit SparseCategoricalCrossentropy(Options options = {}) : options_(options) {}
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::vector<Value> sums(const Value& y_true, const Value& y_pred,
                          const Value& sample_weight) const override;
  std::optional<bool> rises() const override { return false; }
  const Options& options() const { return options_; }

 private:
  Options options_;
};

// "crossentropy" and "ce": one of the three above, by the shapes.
class CrossentropyByShape final : public MeanMetric {
 public:
  using Options = NoOptions;
  explicit CrossentropyByShape(Options = {}) {}
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::shared_ptr<Metric> for_shapes(const Shape& y_true, const Shape& y_pred,
                                     bool sparse_labels) const override;
  std::optional<bool> rises() const override { return false; }
  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace tutti::metrics
