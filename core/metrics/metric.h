// Metrics: sums over the rows of many batches, and a number made from them. The sums of a step are
// tree-summed over shards and ranks like gradients, then added in step order in f64.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/registry.h"
#include "core/graph/value.h"
#include "core/layers/layer.h"

namespace tutti {

class Metric : public Configurable {
 public:
  static constexpr const char* category = "metric";
  using Function = std::function<Value(const Value& y_true, const Value& y_pred)>;

  // Keras's: as it was written ("acc", "mse"), as given, or the snake_case of the kind.
  std::string name() const;
  void set_name(std::string name) { name_ = std::move(name); }
  // This batch's sums: scalars or arrays without rows, still partial (or same). How many numbers
  // they are is fixed by the shapes of y_true and y_pred.
  virtual std::vector<Value> sums(const Value& y_true, const Value& y_pred,
                                  const Value& sample_weight) const = 0;
  // The metric from the sums of all batches since the last reset, one number after another.
  virtual double result(std::span<const double> totals) const = 0;
  // As many numbers as the metric has: one for each class or threshold where it is asked for them.
  // `result` is then their mean.
  virtual std::vector<double> results(std::span<const double> totals) const;
  // Whether more of it is better; no value where nobody knows, as of a function.
  virtual std::optional<bool> rises() const { return std::nullopt; }
  // The metric that stands for this one beside values of these shapes: itself, unless the name
  // means different metrics ("accuracy").
  virtual std::shared_ptr<Metric> for_shapes(const Shape& y_true, const Shape& y_pred,
                                             bool sparse_labels) const;

  // The weighted mean of a C++ function of (y_true, y_pred) written in ops.
  static std::shared_ptr<Metric> from_function(Function function, std::string name = "function");

 protected:
  virtual std::string default_name() const;  // the snake_case of the kind

 private:
  std::string name_;
};

// A metric from its config; a name alone becomes its name, a `name` among its arguments too.
template <>
std::shared_ptr<Metric> make<Metric>(const Config& config);

// Total and count of a per-row value: what most metrics are. What y_pred's mask (mask_of) leaves
// out weighs nothing.
class MeanMetric : public Metric {
 public:
  virtual Value values(const Value& y_true, const Value& y_pred) const = 0;  // per row or element
  // What counts of y_pred; no value: all.
  virtual Value mask(const Value& y_pred) const { return mask_of(y_pred); }
  std::vector<Value> sums(const Value& y_true, const Value& y_pred,
                          const Value& sample_weight) const override;
  double result(std::span<const double> totals) const override;  // 0 for no rows, as Keras
};

// A metric that keeps its options.
template <typename OptionsType, typename Base = MeanMetric>
class MetricWith : public Base {
 public:
  using Options = OptionsType;
  explicit MetricWith(Options options = {}) : options_(std::move(options)) {}
  const Options& options() const { return options_; }

 protected:
  Options options_;
};

// "accuracy" and "acc" mean binary, categorical or sparse categorical accuracy by the shapes, as in
// Keras, "crossentropy" and "ce" likewise; others are returned as they are. Shapes have kRows as
// axis 0; sparse_labels tells that the output's loss takes class indices.
std::shared_ptr<Metric> resolve_metric(const Ref<Metric>& metric, const Shape& y_true,
                                       const Shape& y_pred, bool sparse_labels);

}  // namespace tutti
