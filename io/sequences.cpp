#include "io/sequences.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/base/error.h"

namespace tutti {
namespace {

bool is_post(const std::string& side, const char* argument) {
  if (side != "pre" && side != "post")
    fail("pad_sequences", "{} is '{}'; use 'pre' or 'post'", argument, side);
  return side == "post";
}

}  // namespace

Tensor pad_sequences(const std::vector<std::vector<double>>& sequences, const PadOptions& options) {
  const bool pad_behind = is_post(options.padding, "padding");
  const bool cut_behind = is_post(options.truncating, "truncating");
  size_t longest = 0;
  for (const auto& sequence : sequences) longest = std::max(longest, sequence.size());
  const auto length = static_cast<size_t>(options.maxlen.value_or(static_cast<int64_t>(longest)));
  if (options.maxlen.value_or(0) < 0)
    fail("pad_sequences", "maxlen is {}; use 0 or more", *options.maxlen);
  std::vector<double> padded(sequences.size() * length, options.value);
  for (size_t i = 0; i < sequences.size(); ++i) {
    const auto& sequence = sequences[i];
    const size_t kept = std::min(sequence.size(), length);
    const auto from = cut_behind ? sequence.begin() : sequence.end() - static_cast<ptrdiff_t>(kept);
    const size_t at = i * length + (pad_behind ? 0 : length - kept);
    std::copy_n(from, kept, padded.begin() + static_cast<ptrdiff_t>(at));
  }
  return Tensor::from(padded,
                      {static_cast<int64_t>(sequences.size()), static_cast<int64_t>(length)})
      .to(options.dtype);
}

namespace {

// The first steps of rows over `steps` of a series; a row begins only where one of `aims` is.
RowWindows timeseries_windows(int64_t steps, std::optional<int64_t> aims,
                              const TimeseriesOptions& options) {
  constexpr const char* kWhere = "timeseries_dataset_from_array";
  const auto& [length, stride, rate, start_index, end_index] = options;
  if (length < 1 || stride < 1 || rate < 1)
    fail(kWhere, "sequence_length {}, sequence_stride {} and sampling_rate {}; use 1 or more",
         length, stride, rate);
  const int64_t begin = start_index.value_or(0), end = end_index.value_or(steps);
  if (begin < 0 || end > steps || begin >= end)
    fail(ExitCode::data, kWhere, "steps {} to {} of {}; use some that there are", begin, end,
         steps);
  // As Keras counts them: with targets a row begins wherever there is a target.
  int64_t reach = 0, starts = 0;
  if (!__builtin_mul_overflow(length - 1, rate, &reach)) starts = end - begin - reach;
  if (aims) starts = std::min(starts, *aims - begin);
  if (starts < 1)
    fail(ExitCode::data, kWhere,
         "{} steps hold no row of {} that are {} apart{}; use more of them, or shorter rows",
         end - begin, length, rate, aims ? " with its target" : "");
  std::vector<int64_t> first;
  for (int64_t at = 0; at < starts; at += stride) first.push_back(begin + at);
  return {length, rate, Tensor::from(first, {static_cast<int64_t>(first.size())})};
}

}  // namespace

Dataset timeseries_dataset_from_array(const Tensor& data, const Tensor& targets,
                                      const TimeseriesOptions& options) {
  const auto aims = targets.defined() ? std::optional(targets.rows()) : std::nullopt;
  const RowWindows windows = timeseries_windows(data.rows(), aims, options);
  NamedTensors outputs;
  if (aims) outputs.emplace_back("labels", targets.take_rows(windows.first.span<int64_t>()));
  return Dataset::over_windows({{"features", data}}, windows, std::move(outputs));
}

Dataset timeseries_of(const Dataset& steps, const TimeseriesOptions& options, int64_t delay) {
  if (delay < 0) fail("timeseries", "delay is {}; use 0 or more steps", delay);
  const bool aimed = !steps.outputs().empty();
  const RowWindows windows = timeseries_windows(
      steps.rows(), aimed ? std::optional(steps.rows() - delay) : std::nullopt, options);
  std::vector<int64_t> aims;
  for (const int64_t first : windows.first.span<int64_t>()) aims.push_back(first + delay);
  NamedTensors outputs = steps.outputs();
  std::vector<Tensor> weights = steps.sample_weights();
  for (auto& [name, values] : outputs) values = values.take_rows(aims);
  for (auto& weight : weights)
    if (weight.defined()) weight = weight.take_rows(aims);
  return Dataset::over_windows(steps.inputs(), windows, std::move(outputs), weights,
                               steps.class_names());
}

std::pair<Dataset, Dataset> split_dataset(const Dataset& data, double left_size) {
  const auto rows = static_cast<double>(data.rows());
  const auto left =
      static_cast<int64_t>(left_size < 1 ? std::nearbyint(left_size * rows) : left_size);
  if (left < 1 || left >= data.rows())
    fail(ExitCode::data, "split_dataset", "a left side of {} leaves a side of {} rows empty",
         left_size, data.rows());
  return {data.slice_rows(0, left), data.slice_rows(left, data.rows())};
}

}  // namespace tutti
