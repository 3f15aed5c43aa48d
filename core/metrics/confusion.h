// Counts of decisions and their quotients: TruePositives, FalsePositives, TrueNegatives,
// FalseNegatives, Precision, Recall. A prediction above a threshold is a 1; with several thresholds
// there is a result for each.
#pragma once

#include "core/metrics/metric.h"
#include "core/metrics/threshold_counts.h"

namespace tutti::metrics {

struct ThresholdsOptions {
  std::optional<std::vector<double>> thresholds = {};  // 0.5 by default
};

// One of the four counts.
class ConfusionCount : public MetricWith<ThresholdsOptions, Metric> {
 public:
  ConfusionCount(Options options, const char* where);
  std::vector<Value> sums(const Value& y_true, const Value& y_pred,
                          const Value& sample_weight) const override;
  double result(std::span<const double> totals) const override;
  std::vector<double> results(std::span<const double> totals) const override;

 protected:
  virtual const std::vector<double>& chosen(const ThresholdCounts& counts) const = 0;

 private:
  Thresholds thresholds_;
};

class TruePositives final : public ConfusionCount {
 public:
  explicit TruePositives(Options options = {})
      : ConfusionCount(std::move(options), "TruePositives") {}
  std::optional<bool> rises() const override { return true; }

 protected:
  const std::vector<double>& chosen(const ThresholdCounts& c) const override { return c.tp; }
};

class FalsePositives final : public ConfusionCount {
 public:
  explicit FalsePositives(Options options = {})
      : ConfusionCount(std::move(options), "FalsePositives") {}
  std::optional<bool> rises() const override { return false; }

 protected:
  const std::vector<double>& chosen(const ThresholdCounts& c) const override { return c.fp; }
};

class TrueNegatives final : public ConfusionCount {
 public:
  explicit TrueNegatives(Options options = {})
      : ConfusionCount(std::move(options), "TrueNegatives") {}
  std::optional<bool> rises() const override { return true; }

 protected:
  const std::vector<double>& chosen(const ThresholdCounts& c) const override { return c.tn; }
};

class FalseNegatives final : public ConfusionCount {
 public:
  explicit FalseNegatives(Options options = {})
      : ConfusionCount(std::move(options), "FalseNegatives") {}
  std::optional<bool> rises() const override { return false; }

 protected:
  const std::vector<double>& chosen(const ThresholdCounts& c) const override { return c.fn; }
};

struct PrecisionOptions {
  std::optional<std::vector<double>> thresholds = {};  // 0.5 by default, with top_k none
  std::optional<int64_t> top_k = {};                   // only the k largest count as 1
  std::optional<int64_t> class_id = {};                // only this class counts
};

// True positives over what is compared with them; 0 where there is nothing.
class PositiveRate : public MetricWith<PrecisionOptions, Metric> {
 public:
  PositiveRate(Options options, const char* where);
  std::vector<Value> sums(const Value& y_true, const Value& y_pred,
                          const Value& sample_weight) const override;
  double result(std::span<const double> totals) const override;
  std::vector<double> results(std::span<const double> totals) const override;
  std::optional<bool> rises() const override { return true; }

 protected:
  virtual const std::vector<double>& others(const ThresholdCounts& counts) const = 0;

 private:
  Thresholds thresholds_;
};

// Of what is predicted as 1, the part that is.
class Precision final : public PositiveRate {
 public:
  explicit Precision(Options options = {}) : PositiveRate(std::move(options), "Precision") {}

 protected:
  const std::vector<double>& others(const ThresholdCounts& c) const override { return c.fp; }
};

// Of what is 1, the part that is predicted so.
class Recall final : public PositiveRate {
 public:
  explicit Recall(Options options = {}) : PositiveRate(std::move(options), "Recall") {}

 protected:
  const std::vector<double>& others(const ThresholdCounts& c) const override { return c.fn; }
};

// One class of y_true or y_pred, where one was asked for. Throws for one that is not there.
Value of_class(const Value& value, const std::optional<int64_t>& class_id, const char* where);

}  // namespace tutti::metrics
