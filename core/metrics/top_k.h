// Whether the label is among the k largest predictions; one that ties with the k-th is.
#pragma once

#include "core/metrics/metric.h"

namespace tutti::metrics {

struct TopKOptions {
  int64_t k = 5;
};

// One-hot labels.
class TopKCategoricalAccuracy final : public MetricWith<TopKOptions> {
 public:
  explicit TopKCategoricalAccuracy(Options options = {});  // throws for a k below 1
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::optional<bool> rises() const override { return true; }
};

struct SparseTopKOptions {
  int64_t k = 5;
  bool from_sorted_ids = false;  // y_pred holds class indices, the likeliest first
};

// Class indices.
class SparseTopKCategoricalAccuracy final : public MetricWith<SparseTopKOptions> {
 public:
  explicit SparseTopKCategoricalAccuracy(Options options = {});
  Value values(const Value& y_true, const Value& y_pred) const override;
  std::optional<bool> rises() const override { return true; }
};

}  // namespace tutti::metrics
