// A data set in memory: named inputs and outputs whose axis 0 is the rows.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/model/per_output.h"
#include "core/tensor/tensor.h"

namespace tutti {

class RowSource;  // core/model/row_source.h
using NamedTensors =
    std::vector<std::pair<std::string, Tensor>>;  // in the order of the model's inputs

// Rows of a series: row i is its steps first[i], first[i] + rate, ..., `length` of them.
struct RowWindows {
  int64_t length = 1, rate = 1;
  Tensor first;  // i64, (rows,)
};

class Dataset {
 public:
  Dataset() = default;
  // The common case: one input "features", one output "labels" (or none).
  explicit Dataset(Tensor features, Tensor labels = {}, std::vector<std::string> class_names = {});
  // All tensors have as many rows, names are unique; otherwise throws naming both.
  Dataset(NamedTensors inputs, NamedTensors outputs, const PerOutput<Tensor>& sample_weight = {},
          std::vector<std::vector<std::string>> class_names = {});
  // Rows whose inputs are windows over series, (steps, ...) each: they lie in memory once, and a
  // row is copied out when it is read. Outputs and weights have a row for each window.
  static Dataset over_windows(NamedTensors series, RowWindows windows, NamedTensors outputs,
                              const PerOutput<Tensor>& sample_weight = {},
                              std::vector<std::vector<std::string>> class_names = {});

  // Of windows, copies of all rows, made when they are first asked for: take those that are wanted.
  const NamedTensors& inputs() const;
  const std::optional<RowWindows>& windows() const { return windows_; }
  const NamedTensors& outputs() const { return outputs_; }
  // (rows,), f32; undefined: all 1.
  const Tensor& sample_weight(size_t output = 0) const { return sample_weights_.at(output); }
  const std::vector<Tensor>& sample_weights() const { return sample_weights_; }  // of each output
  // Of each output, what its class indices stand for; empty for numbers.
  const std::vector<std::vector<std::string>>& class_names() const { return class_names_; }

  int64_t rows() const { return rows_; }
  uint64_t digest() const;  // of names, shapes and elements, bit by bit
  const Tensor& input(std::string_view name) const;
  const Tensor& output(std::string_view name) const;
  const Tensor& features() const;  // the only input; throws, naming them, if there are several
  const Tensor& labels() const;    // the only output

  Dataset take_rows(std::span<const int64_t> rows) const;  // copies
  Dataset slice_rows(int64_t begin, int64_t end) const;    // shares the elements
  Dataset with_features(Tensor features) const;            // another only input
  Dataset with_labels(Tensor labels) const;                // another only output
  // Other outputs for the same inputs.
  Dataset with_outputs(NamedTensors outputs, const PerOutput<Tensor>& sample_weight = {},
                       std::vector<std::vector<std::string>> class_names = {}) const;
  Dataset with_sample_weight(const PerOutput<Tensor>& sample_weight) const;

  // (train, test), the rows that scikit-learn's train_test_split takes. `stratify` keeps the shares
  // of the classes of the only output.
  std::pair<Dataset, Dataset> split(double test_size, uint32_t seed, bool stratify = false) const;

  // What fit, evaluate and predict take; shares the elements.
  operator std::shared_ptr<const RowSource>() const;

 private:
  struct WindowRows;

  void check();
  template <typename Each>
  Dataset map(const Each& each) const;

  NamedTensors inputs_, outputs_;  // inputs are series where there are windows
  std::optional<RowWindows> windows_;
  std::shared_ptr<WindowRows> window_rows_;
  std::vector<Tensor> sample_weights_;
  std::vector<std::vector<std::string>> class_names_;
  int64_t rows_ = 0;
};

// The steps of windows that begin at these.
std::vector<int64_t> window_steps(const RowWindows& windows, std::span<const int64_t> firsts);

}  // namespace tutti
