// AUC: the area under the curve of two rates over many thresholds, ROC (true against false
// positives), PR (precision against recall) or PRGAIN (their gains; Flach and Kull, 2015).
#pragma once

#include "core/metrics/metric.h"
#include "core/metrics/threshold_counts.h"

namespace tutti::metrics {

struct AUCOptions {
  int64_t num_thresholds = 200;
  std::string curve = "ROC";
  std::string summation_method = "interpolation";
  std::optional<std::vector<double>> thresholds = {};  // in place of num_thresholds
  bool multi_label = false;                            // an area for each label, then their mean
  std::optional<int64_t> num_labels = {};              // checked with multi_label
  std::optional<std::vector<double>> label_weights = {};
  bool from_logits = false;
};

class AUC final : public MetricWith<AUCOptions, Metric> {
 public:
  explicit AUC(Options options = {});
  std::vector<Value> sums(const Value& y_true, const Value& y_pred,
                          const Value& sample_weight) const override;
  double result(std::span<const double> totals) const override;
  std::optional<bool> rises() const override { return true; }

 private:
  double area(const ThresholdCounts& counts) const;

  Thresholds thresholds_;
};

}  // namespace tutti::metrics
