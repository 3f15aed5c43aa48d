// Rows out of sequences: Keras's pad_sequences and timeseries_dataset_from_array.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/dataset.h"

namespace tutti {

struct PadOptions {
  std::optional<int64_t> maxlen = {};  // the longest sequence's, if not given
  DType dtype = DType::i32;
  std::string padding = "pre";     // or post: where values are added
  std::string truncating = "pre";  // or post: where values are dropped
  double value = 0;
};

// keras.utils.pad_sequences: (sequences, maxlen).
Tensor pad_sequences(const std::vector<std::vector<double>>& sequences,
                     const PadOptions& options = {});

struct TimeseriesOptions {
  int64_t sequence_length = 1;
  int64_t sequence_stride = 1;  // steps from one row's begin to the next's
  int64_t sampling_rate = 1;    // steps between the elements of a row
  std::optional<int64_t> start_index = {}, end_index = {};  // of the data that is used
};

// keras.utils.timeseries_dataset_from_array, in order and whole: row i is the steps i * stride,
// i * stride + rate, ..., its target that at i * stride. No targets: features alone. The data lies
// in memory once; rows are copied out of it when they are read. Throws where not one row fits.
Dataset timeseries_dataset_from_array(const Tensor& data, const Tensor& targets,
                                      const TimeseriesOptions& options);
// The same over all inputs of a data set of steps. The outputs and weights of a row are those of
// the step `delay` after its first.
Dataset timeseries_of(const Dataset& steps, const TimeseriesOptions& options, int64_t delay);

// keras.utils.split_dataset without shuffling: a share of the rows, or a number of them, for the
// left side; the right side has the others.
std::pair<Dataset, Dataset> split_dataset(const Dataset& data, double left_size);

}  // namespace tutti
