#include "io/sequences.h"

#include <algorithm>
#include <cmath>

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

Dataset timeseries_dataset_from_array(const Tensor& data, const Tensor& targets,
                                      const TimeseriesOptions& options) {
  constexpr const char* kWhere = "timeseries_dataset_from_array";
  const auto& [length, stride, rate, start_index, end_index] = options;
  if (length < 1 || stride < 1 || rate < 1)
    fail(kWhere, "sequence_length {}, sequence_stride {} and sampling_rate {}; use 1 or more",
         length, stride, rate);
  const int64_t begin = start_index.value_or(0), end = end_index.value_or(data.rows());
  if (begin < 0 || end > data.rows() || begin >= end)
    fail(ExitCode::data, kWhere, "steps {} to {} of {}; use some that there are", begin, end,
         data.rows());
  // As Keras counts them: with targets a row begins wherever there is a target.
  int64_t starts = end - begin - (length - 1) * rate;
  if (targets.defined()) starts = std::min(starts, targets.rows() - begin);
  if (starts < 1)
    fail(ExitCode::data, kWhere, "{} steps hold no row of {} with {} between; use more of them",
         end - begin, length, rate);
  std::vector<int64_t> steps, aims;
  for (int64_t at = 0; at < starts; at += stride) {
    aims.push_back(at + begin);
    for (int64_t i = 0; i < length; ++i) steps.push_back(begin + at + i * rate);
  }
  std::vector<int64_t> dims{static_cast<int64_t>(aims.size()), length};
  const auto& rest = data.shape().dims();
  dims.insert(dims.end(), rest.begin() + 1, rest.end());
  const Tensor rows = data.take_rows(steps).reshape(Shape(std::move(dims)));
  return targets.defined() ? Dataset(rows, targets.take_rows(aims)) : Dataset(rows);
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
