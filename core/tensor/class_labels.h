// What a label of a class is: one rule for data that is read, split, trained on and made one-hot.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"

namespace tutti {

// Where a row came from, for messages: "train.csv:12".
using RowPlace = std::function<std::string(int64_t row)>;
RowPlace rows_of(std::string where);  // "labels row 10"

// Throws ExitCode::data naming the place and the value of the first label that is negative,
// fractional, NaN, or not below `classes` (0: any number of classes). Any dtype, any number of
// labels in a row.
void check_class_labels(const Tensor& labels, int64_t classes, const RowPlace& place);

// The labels as class indices, checked so: one in a row, shape (rows,) or (rows, 1), or one-hot
// rows (rows, classes).
std::vector<int64_t> class_indices(const Tensor& labels, int64_t classes = 0,
                                   const RowPlace& place = rows_of("labels"));

}  // namespace tutti
