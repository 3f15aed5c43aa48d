// Metrics: sums over the rows of many batches, and a number made from them. The sums of a step are
// tree-summed over shards and ranks like gradients, then added in step order in f64.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/registry.h"
#include "core/graph/value.h"

namespace tutti {

class Metric : public Configurable {
 public:
  static constexpr const char* category = "metric";
  using Function = std::function<Value(const Value& y_true, const Value& y_pred)>;

  virtual std::string name() const = 0;  // Keras's: "accuracy", "mean_absolute_error"
  // This batch's sums: scalars, still partial (or same). Their number is fixed.
  virtual std::vector<Value> sums(const Value& y_true, const Value& y_pred,
                                  const Value& sample_weight) const = 0;
  // The metric from the sums of all batches since the last reset.
  virtual double result(std::span<const double> totals) const = 0;

  // The weighted mean of a C++ function of (y_true, y_pred) written in ops.
  static std::shared_ptr<Metric> from_function(Function function, std::string name = "function");
};

// Total and count of a per-row value: what most metrics are.
class MeanMetric : public Metric {
 public:
  virtual Value values(const Value& y_true, const Value& y_pred) const = 0;  // per row or element
  std::vector<Value> sums(const Value& y_true, const Value& y_pred,
                          const Value& sample_weight) const override;
  double result(std::span<const double> totals) const override;  // 0 for no rows, as Keras
};

// "accuracy" and "acc" mean binary, categorical or sparse categorical accuracy by the shapes, as in
// Keras; other names as registered.
std::shared_ptr<Metric> resolve_metric(const Ref<Metric>& metric, const Shape& y_true, const Shape& y_pred,
                                       bool sparse_labels);

}  // namespace tutti
