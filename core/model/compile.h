// What compile and fit take; Keras's names and defaults.
#pragma once

#include <concepts>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/callbacks/callback.h"
#include "core/losses/loss.h"
#include "core/metrics/metric.h"
#include "core/model/per_output.h"
#include "core/model/row_source.h"
#include "core/optimizers/optimizer.h"

namespace tutti {

using MetricList = std::vector<Ref<Metric>>;

// Metrics, as in Keras: of a model of one output a list; of one of several a list with an entry for
// each, which is a metric or a MetricList, or a map from their names to lists.
//   {"mae", "acc"}    {"mae", MetricList{"acc", "mse"}}    {{"class", {"acc"}}, {"hours", {"mae"}}}
struct Metrics {
  struct Entry {
    template <typename U>
    requires(std::convertible_to<U, Ref<Metric>>) Entry(U&& metric)
        : list{Ref<Metric>(std::forward<U>(metric))} {}
    template <typename U>
    requires(std::same_as<std::remove_cvref_t<U>, MetricList>) Entry(U&& metrics)
        : list(std::forward<U>(metrics)) {}
    MetricList list;
  };
  Metrics() = default;
  Metrics(std::initializer_list<Entry> entries) : entries(entries) {}
  Metrics(const MetricList& metrics) : entries(metrics.begin(), metrics.end()) {}
  Metrics(std::map<std::string, MetricList> metrics) : named(std::move(metrics)) {}
  Metrics(std::initializer_list<std::pair<const std::string, MetricList>> metrics)
      : named(metrics) {}

  // Those of an output. Throws for a list that has not one entry for each of several outputs.
  MetricList of(size_t output, const std::vector<std::string>& names) const;

  std::vector<Entry> entries;
  std::map<std::string, MetricList> named;
};

struct CompileOptions {
  Ref<Optimizer> optimizer = "rmsprop";
  PerOutput<Ref<Loss>> loss = {};  // a map names all outputs; null for one that is not trained on
  PerOutput<double> loss_weights = {};
  Metrics metrics = {};
  Metrics weighted_metrics = {};
  // Whether a model of the policy mixed_float16 gets a LossScaleOptimizer around its optimizer.
  bool auto_scale_loss = true;
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
  // Batches of an epoch, which goes on in the rows where the last one stopped and ends with them,
  // and of a validation, which begins anew. None: all.
  std::optional<int64_t> steps_per_epoch = {}, validation_steps = {};
  std::optional<int64_t> validation_batch_size = {};  // none: that of training
  int64_t validation_freq = 1;
  // What happens at a step whose loss or gradient, or its square, is NaN or infinite; all ranks
  // alike, in that step.
  //   stop      ends by Error (numerics) that names the step and what is not finite; the parameters
  //             are what that step made of them
  //   skip      goes on as if that batch were not there: nothing changes, not even in the optimizer
  //             or an average, and the step counts in none of the epoch's numbers
  //   rollback  returns to the newest saved state (BackupAndRestore) and leaves that batch out, up
  //             to 3 times, then stops
  //   ignore    looks at nothing, as Keras
  //   ""        as stop, but looks at losses alone, which costs nothing: a wrong gradient shows in
  //             the loss of the next step. ignore where a callback watches (TerminateOnNaN)
  // The gradients of an optimizer that scales its loss are its own affair (LossScaleOptimizer).
  std::string on_nan = "";
  std::string run_directory = "";  // where callbacks' relative paths begin
  // Bits that flip in the memory of the parameters and the optimizer's state: in each step one in
  // so many blocks is looked at, in turn (1: all); 0: none. What is found ends training by
  // MemoryCorruption (core/model/memory_guard.h). Callbacks must then change weights by
  // set_weights() alone. Not with on_nan ignore.
  int64_t check_memory = 0;
};

}  // namespace tutti
