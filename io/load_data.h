// A job's `data:`, from the file to data sets ready to train on:
//
//   data: {csv: train.csv, label: species, split: {test: 0.2, seed: 42, stratify: species},
//          columns: {age: standardize, sex: one_hot, fare: [{cap: {quantile: 0.01}}, standardize]}}
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/config.h"
#include "io/columns.h"

namespace tutti {

struct LoadedData {
  Dataset train;
  std::optional<Dataset> validation, test;
  ColumnPipeline columns;  // fitted on the rows of `train`
};

// The keys of `data:` beside the source's own (csv, npy, dataset, ...), with a line of help each.
const std::vector<std::pair<std::string, std::string>>& data_keys();

// Reads, splits, fits the columns on the training rows and applies them. Relative paths are below
// `folder`. Errors carry the place in the job file or in the data. The same on every rank.
//   label:             a column, or {output: column}
//   inputs:            {input: column or list of columns}
//   columns:           {column: treatment or list}, "*" for every other input column of numbers
//   split:             {test: share, validation: share of the rest, seed: 42, stratify: column},
//   rows as
//                      scikit-learn's train_test_split takes them, or {by: column, after: value}:
//                      rows with a larger value test
//   validation_split:  the last share of the training rows, as Keras's fit takes it
//   validation_data, test_data: a source of their own
//   sample_weight:     a column
//   scale:             factor on input columns of numbers without a treatment
LoadedData load_data(const Config& data, const std::filesystem::path& folder);

// All rows of a `data:` as they are, for evaluate and predict under columns fitted before.
Table load_table(const Config& data, const std::filesystem::path& folder);

}  // namespace tutti
