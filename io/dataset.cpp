#include "io/dataset.h"

#include <mutex>
#include <set>

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/model/row_source.h"
#include "io/labels.h"
#include "io/split.h"

namespace tutti {
namespace {

const Tensor& named_tensor(const NamedTensors& tensors, std::string_view name, const char* what) {
  std::vector<std::string> known;
  for (const auto& [key, tensor] : tensors) {
    if (key == name) return tensor;
    known.push_back(key);
  }
  fail(ExitCode::data, "dataset", "there is no {} '{}'{}; it has {}", what, name,
       did_you_mean(name, known), fmt::join(known, ", "));
}

const Tensor& only_tensor(const NamedTensors& tensors, const char* what) {
  if (tensors.size() != 1)
    fail(ExitCode::data, "dataset", "there are {} {}s, not one; ask for each by its name",
         tensors.size(), what);
  return tensors[0].second;
}

void check_windows(const RowWindows& windows, int64_t steps) {
  if (windows.length < 1 || windows.rate < 1)
    fail("dataset", "windows of {} steps, {} apart; use 1 or more", windows.length, windows.rate);
  for (const int64_t first : windows.first.span<int64_t>())
    if (first < 0 || first >= steps - (windows.length - 1) * windows.rate)
      fail(ExitCode::data, "dataset", "a window of {} steps from {} on leaves the series' {} steps",
           windows.length, first, steps);
}

// (rows, length, ...) of a series.
Tensor rows_of(const Tensor& series, const RowWindows& windows) {
  return series.take_rows(window_steps(windows, windows.first.span<int64_t>()))
      .reshape(series.shape().tail().stacked(windows.length).stacked(windows.first.rows()));
}

}  // namespace

std::vector<int64_t> window_steps(const RowWindows& windows, std::span<const int64_t> firsts) {
  std::vector<int64_t> steps;
  steps.reserve(firsts.size() * static_cast<size_t>(windows.length));
  for (const int64_t first : firsts)
    for (int64_t i = 0; i < windows.length; ++i) steps.push_back(first + i * windows.rate);
  return steps;
}

Dataset::Dataset(Tensor features, Tensor labels, std::vector<std::string> class_names)
    : inputs_{{"features", std::move(features)}} {
  if (labels.defined()) {
    outputs_.emplace_back("labels", std::move(labels));
    class_names_.push_back(std::move(class_names));
  }
  check();
}

Dataset::Dataset(NamedTensors inputs, NamedTensors outputs, const PerOutput<Tensor>& sample_weight,
                 std::vector<std::vector<std::string>> class_names)
    : inputs_(std::move(inputs)),
      outputs_(std::move(outputs)),
      class_names_(std::move(class_names)) {
  check();
  *this = with_sample_weight(sample_weight);
}

Dataset Dataset::over_windows(NamedTensors series, RowWindows windows, NamedTensors outputs,
                              const PerOutput<Tensor>& sample_weight,
                              std::vector<std::vector<std::string>> class_names) {
  Dataset data;
  data.inputs_ = std::move(series);
  data.windows_ = std::move(windows);
  data.outputs_ = std::move(outputs);
  data.class_names_ = std::move(class_names);
  data.check();
  return data.with_sample_weight(sample_weight);
}

struct Dataset::WindowRows {
  std::once_flag made;
  NamedTensors inputs;
};

const NamedTensors& Dataset::inputs() const {
  if (!windows_) return inputs_;
  std::call_once(window_rows_->made, [&] {
    for (const auto& [name, series] : inputs_)
      window_rows_->inputs.emplace_back(name, rows_of(series, *windows_));
  });
  return window_rows_->inputs;
}

void Dataset::check() {
  class_names_.resize(outputs_.size());
  sample_weights_.resize(outputs_.size());
  std::string first;
  const auto check_rows = [&](const std::string& name, const Tensor& tensor) {
    if (!tensor.defined() || tensor.shape().rank() == 0)
      fail(ExitCode::data, "dataset", "'{}' has no rows; give it a shape whose axis 0 is the rows",
           name);
    if (first.empty()) {
      first = name;
      rows_ = tensor.rows();
    } else if (tensor.rows() != rows_) {
      fail(ExitCode::data, "dataset", "'{}' has {} rows, '{}' has {}; each row needs all of them",
           first, rows_, name, tensor.rows());
    }
  };
  for (const auto* tensors : {&inputs_, &outputs_}) {
    std::set<std::string> seen;
    for (const auto& [name, tensor] : *tensors) {
      if (!seen.insert(name).second)
        fail(ExitCode::data, "dataset", "'{}' is there twice; give each its own name", name);
      check_rows(name, tensor);
    }
    if (tensors != &inputs_ || !windows_) continue;
    check_windows(*windows_, rows_);
    window_rows_ = std::make_shared<WindowRows>();
    first = "windows", rows_ = windows_->first.rows();
  }
  for (const auto& weight : sample_weights_)
    if (weight.defined()) check_rows("sample_weight", weight);
}

const Tensor& Dataset::input(std::string_view name) const {
  return named_tensor(inputs(), name, "input");
}
const Tensor& Dataset::output(std::string_view name) const {
  return named_tensor(outputs_, name, "output");
}
const Tensor& Dataset::features() const { return only_tensor(inputs(), "input"); }
const Tensor& Dataset::labels() const { return only_tensor(outputs_, "output"); }

uint64_t Dataset::digest() const {
  Hasher hasher;
  const auto add = [&](const std::string& name, const Tensor& tensor) {
    const std::string described =
        fmt::format("{} {} {};", name, to_string(tensor.shape()), name_of(tensor.dtype()));
    hasher.update(described.data(), described.size());
    if (tensor.dtype() != DType::string) {
      hasher.update(tensor.raw(), tensor.bytes());
      return;
    }
    for (const std::string_view text : tensor.span<std::string_view>()) {
      const uint64_t size = text.size();
      hasher.update(&size, sizeof size).update(text.data(), text.size());
    }
  };
  for (const auto* tensors : {&inputs_, &outputs_})
    for (const auto& [name, tensor] : *tensors) add(name, tensor);
  for (size_t i = 0; i < outputs_.size(); ++i)
    if (sample_weights_[i].defined()) add("sample_weight " + outputs_[i].first, sample_weights_[i]);
  if (windows_)
    add(fmt::format("windows {} {}", windows_->length, windows_->rate), windows_->first);
  return hasher.digest();
}

template <typename Each>
Dataset Dataset::map(const Each& each) const {
  Dataset mapped = *this;
  if (windows_) mapped.windows_->first = each(windows_->first);
  for (auto* tensors : {&mapped.inputs_, &mapped.outputs_})
    if (tensors != &mapped.inputs_ || !windows_)
      for (auto& [name, tensor] : *tensors) tensor = each(tensor);
  for (auto& weight : mapped.sample_weights_)
    if (weight.defined()) weight = each(weight);
  mapped.check();
  return mapped;
}

Dataset Dataset::take_rows(std::span<const int64_t> rows) const {
  return map([&](const Tensor& tensor) { return tensor.take_rows(rows); });
}

Dataset Dataset::slice_rows(int64_t begin, int64_t end) const {
  return map([&](const Tensor& tensor) { return tensor.slice_rows(begin, end); });
}

Dataset Dataset::with_features(Tensor features) const {
  only_tensor(inputs_, "input");
  Dataset changed = *this;
  changed.windows_.reset();
  changed.inputs_[0].second = std::move(features);
  changed.check();
  return changed;
}

Dataset Dataset::with_labels(Tensor labels) const {
  only_tensor(outputs_, "output");
  Dataset changed = *this;
  changed.outputs_[0].second = std::move(labels);
  changed.check();
  return changed;
}

Dataset Dataset::with_outputs(NamedTensors outputs, const PerOutput<Tensor>& sample_weight,
                              std::vector<std::vector<std::string>> class_names) const {
  Dataset changed = *this;
  changed.outputs_ = std::move(outputs);
  changed.class_names_ = std::move(class_names);
  changed.sample_weights_.clear();
  changed.check();
  return changed.with_sample_weight(sample_weight);
}

Dataset Dataset::with_sample_weight(const PerOutput<Tensor>& sample_weight) const {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : outputs_) names.push_back(name);
  Dataset changed = *this;
  changed.sample_weights_ = weights_of_outputs(sample_weight, names, rows_);
  return changed;
}

std::pair<Dataset, Dataset> Dataset::split(double test_size, uint32_t seed, bool stratify) const {
  const auto rows = stratify ? train_test_rows(class_indices(labels()), test_size, seed)
                             : train_test_rows(rows_, test_size, seed);
  return {take_rows(rows.train), take_rows(rows.test)};
}

}  // namespace tutti
