#include "io/labels.h"

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

std::vector<int64_t> class_indices(const Tensor& labels, int64_t classes, const RowPlace& place) {
  const Shape& shape = labels.shape();
  if (shape.rank() == 2 && shape[1] > 1) return one_hot_indices(labels, place);
  if (shape.rank() == 0 || shape.elements() != labels.rows())
    fail(ExitCode::data, place(0),
         "shape {} is not one label per row; use (rows,) or one-hot (rows, classes)",
         to_string(shape));
  std::vector<int64_t> indices;
  indices.reserve(static_cast<size_t>(labels.rows()));
  for (const double label : labels.to_vector<double>()) {
    // Also false for NaN. A label beyond 2^31 is an id, not a class.
    const bool whole = label >= 0 && label < 0x1p31 && label == std::floor(label);
    if (!whole || (classes > 0 && label >= static_cast<double>(classes)))
      fail(ExitCode::data, place(static_cast<int64_t>(indices.size())),
           "the label is {}; expected a whole number from 0{}", label,
           classes > 0 ? fmt::format(" to {}, one per class of the model", classes - 1)
                       : ", the index of a class");
    indices.push_back(static_cast<int64_t>(label));
  }
  return indices;
}

Tensor to_categorical(const Tensor& labels, int64_t classes) {
  const auto indices = class_indices(labels, classes, rows_of("to_categorical"));
  if (classes == 0)
    classes = indices.empty() ? 0 : *std::max_element(indices.begin(), indices.end()) + 1;
  Tensor one_hot = Tensor::zeros({labels.rows(), classes});
  float* row = one_hot.data<float>();
  for (const int64_t index : indices) {
    row[index] = 1;
    row += classes;
  }
  return one_hot;
}

void check_finite(const Tensor& values, const std::string& where) {
  if (!is_floating(values.dtype())) return;
  const auto check = [&](const auto& elements) {
    const auto bad =
        std::find_if(elements.begin(), elements.end(), [](auto x) { return !std::isfinite(x); });
    if (bad == elements.end()) return;
    const int64_t at = bad - elements.begin(),
                  width = std::max<int64_t>(values.shape().elements_per_row(), 1);
    fail(ExitCode::data, where, "row {}, column {} is {}; remove or fill such rows", at / width,
         at % width, std::isnan(*bad) ? "NaN" : "infinite");
  };
  if (values.dtype() == DType::f32)
    check(values.to_host().span<float>());
  else
    check(values.to_vector<double>());
}

}  // namespace tutti
