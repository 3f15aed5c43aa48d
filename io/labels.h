// Class labels: checked, counted, one-hot.
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

// The labels as class indices. They may be whole numbers of any dtype, shape (rows,) or (rows, 1),
// or one-hot rows (rows, classes). Throws naming the place and the value of the first that is
// negative, fractional, NaN, or not below `classes` (0: any number of classes).
std::vector<int64_t> class_indices(const Tensor& labels, int64_t classes = 0,
                                   const RowPlace& place = rows_of("labels"));

// One-hot f32 rows (rows, classes), as keras.utils.to_categorical; 0 classes: the largest label
// + 1.
Tensor to_categorical(const Tensor& labels, int64_t classes = 0);

// Throws naming `where`, the row and the column of the first element that is NaN or infinite.
void check_finite(const Tensor& values, const std::string& where);

}  // namespace tutti
