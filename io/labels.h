// Labels of classes as one-hot rows; numbers of one length; numbers that are finite.
#pragma once

#include <cstdint>
#include <string>

#include "core/tensor/class_labels.h"

namespace tutti {

// One-hot f32 rows (rows, classes), as keras.utils.to_categorical; 0 classes: the largest label
// + 1.
Tensor to_categorical(const Tensor& labels, int64_t classes = 0);

// keras.utils.normalize: divided by the norm of this order (1 or 2) along an axis; what is 0 stays.
Tensor normalize(const Tensor& values, int axis = -1, int order = 2);

// Throws naming `where`, the row and the column of the first element that is NaN or infinite.
void check_finite(const Tensor& values, const std::string& where);

}  // namespace tutti
