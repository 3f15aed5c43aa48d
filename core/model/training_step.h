// A step as a graph: what fit, evaluate and predict run for each batch.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/callbacks/callback.h"
#include "core/graph/executable.h"
#include "core/graph/variable.h"
#include "core/metrics/metric.h"
#include "core/model/world.h"

namespace tutti {

// The placeholders of a step, as train_step sees them.
struct StepData {
  std::vector<Value> x;
  std::vector<Value> y;
  std::vector<Value> sample_weight;  // of each y; undefined if it has none
  ShardLayout layout;                // for Optimizer::apply
};

// What a step reports: metrics whose sums it adds to the epoch's. Filled while a step is traced.
class StepReport {
 public:
  // A scalar that is equal on all ranks (a loss): averaged over batches, each weighted by its rows.
  void mean(const std::string& name, const Value& scalar);
  void metric(const std::string& name, std::shared_ptr<Metric> metric, const Value& y_true,
              const Value& y_pred, const Value& sample_weight = {});

  struct Entry {
    std::string name;
    std::shared_ptr<Metric> metric;  // null: a mean
    size_t first = 0, count = 0;     // its numbers among those of all sums
  };
  const std::vector<Entry>& entries() const { return entries_; }
  const std::vector<Value>& sums() const { return sums_; }

 private:
  // Enters numbers and the entry that they are for.
  void add(const std::string& name, std::shared_ptr<Metric> metric, const std::vector<Value>& sums);

  std::vector<Entry> entries_;
  std::vector<Value> sums_;  // of any shape without rows
  size_t numbers_ = 0;
};

// The running totals of an epoch: f64, state of the graph.
class Totals {
 public:
  // In a Trace: totals += the report's sums, in one tree sum over all ranks. The first report fixes
  // the entries.
  void add(const StepReport& report);
  void reset();
  // In the order reported. A metric of several numbers has a name for each: f1_score_0, f1_score_1.
  std::vector<std::pair<std::string, double>> results() const;
  std::vector<TrainingControl::Quantity> quantities() const;

 private:
  std::vector<StepReport::Entry> entries_;
  std::vector<size_t> places_;  // of each number in the totals
  VariablePtr totals_;
};

}  // namespace tutti
