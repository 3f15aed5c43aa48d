// What compile and fit take; Keras's names and defaults.
#pragma once

#include <concepts>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/callbacks/callback.h"
#include "core/losses/loss.h"
#include "core/metrics/metric.h"
#include "core/model/row_source.h"
#include "core/optimizers/optimizer.h"

namespace tutti {

// Something for each output: one for all, a list in the order of the outputs, or a map by their
// names.
template <typename T>
struct PerOutput {
  PerOutput() = default;
  template <typename U>
  requires(std::convertible_to<U, T> && !std::same_as<std::remove_cvref_t<U>, PerOutput>)
      PerOutput(U&& one)
      : list{T(std::forward<U>(one))} {}
  PerOutput(std::vector<T> each) : list(std::move(each)) {}
  PerOutput(std::initializer_list<T> each) : list(each) {}
  PerOutput(std::map<std::string, T> named) : named(std::move(named)) {}

  bool empty() const { return list.empty() && named.empty(); }
  std::vector<T> list;
  std::map<std::string, T> named;
};

using MetricList = std::vector<Ref<Metric>>;

// Metrics: a list (for a model of one output, or for every output), or a map from output names to
// lists.
struct Metrics {
  Metrics() = default;
  Metrics(std::initializer_list<Ref<Metric>> metrics) : all(metrics) {}
  Metrics(MetricList metrics) : all(std::move(metrics)) {}
  Metrics(std::map<std::string, MetricList> metrics) : named(std::move(metrics)) {}
  MetricList all;
  std::map<std::string, MetricList> named;
};

struct CompileOptions {
  Ref<Optimizer> optimizer = "rmsprop";
  PerOutput<Ref<Loss>> loss = {};
  PerOutput<double> loss_weights = {};
  Metrics metrics = {};
  Metrics weighted_metrics = {};
};

struct FitOptions {
  int64_t epochs = 1;
  int64_t batch_size = 0;  // 0: 32, or all rows where there are fewer
  int verbose =
      1;  // 0 silent, 1 progress bar on a terminal and lines elsewhere, 2 a line per epoch
  std::vector<std::shared_ptr<Callback>> callbacks = {};
  double validation_split = 0.0;  // of the rows, the last ones, before shuffling
  RowSourcePtr validation_data = nullptr;
  bool shuffle = true;
  std::map<int64_t, double> class_weight = {};
  Tensor sample_weight = {};
  int64_t initial_epoch = 0;
  int64_t validation_freq = 1;
  std::string run_directory = "";  // where callbacks' relative paths begin
};

}  // namespace tutti
