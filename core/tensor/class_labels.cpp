#include "core/tensor/class_labels.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace tutti {
namespace {

std::vector<int64_t> one_hot_indices(const Tensor& labels, const RowPlace& place) {
  const auto values = labels.to_vector<double>();
  const int64_t classes = labels.shape()[1];
  std::vector<int64_t> indices;
  for (int64_t row = 0; row < labels.rows(); ++row) {
    const double* begin = values.data() + row * classes;
    const double* hot = std::find(begin, begin + classes, 1.0);
    if (hot == begin + classes || std::count(begin, begin + classes, 0.0) != classes - 1)
      fail(ExitCode::data, place(row),
           "the label is no one-hot row; it needs a single 1 among zeros");
    indices.push_back(hot - begin);
  }
  return indices;
}

}  // namespace

RowPlace rows_of(std::string where) {
  return [where = std::move(where)](int64_t row) { return fmt::format("{} row {}", where, row); };
}

void check_class_labels(const Tensor& labels, int64_t classes, const RowPlace& place) {
  const int64_t width = std::max<int64_t>(labels.shape().elements_per_row(), 1);
  const auto values = labels.to_vector<double>();
  for (size_t i = 0; i < values.size(); ++i) {
    // Also false for NaN. A label beyond 2^31 is an id, not a class.
    const bool whole = values[i] >= 0 && values[i] < 0x1p31 && values[i] == std::floor(values[i]);
    if (!whole || (classes > 0 && values[i] >= static_cast<double>(classes)))
      fail(ExitCode::data, place(static_cast<int64_t>(i) / width),
           "the label is {}; expected a whole number from 0{}", values[i],
           classes > 0 ? fmt::format(" to {}, one per class of the model", classes - 1)
                       : ", the index of a class");
  }
}

std::vector<int64_t> class_indices(const Tensor& labels, int64_t classes, const RowPlace& place) {
  const Shape& shape = labels.shape();
  if (shape.rank() == 2 && shape[1] > 1) return one_hot_indices(labels, place);
  if (shape.rank() == 0 || shape.elements() != labels.rows())
    fail(ExitCode::data, place(0),
         "shape {} is not one label per row; use (rows,) or one-hot (rows, classes)",
         to_string(shape));
  check_class_labels(labels, classes, place);
  return labels.to_vector<int64_t>();
}

}  // namespace tutti
