#include "io/labels.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace tutti {

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

Tensor normalize(const Tensor& values, int axis, int order) {
  if (order != 1 && order != 2) fail("normalize", "order is {}; use 1 or 2", order);
  const Shape& shape = values.shape();
  const int along = normalize_axis(axis, shape.rank(), "normalize");
  size_t inner = 1;
  for (int i = along + 1; i < shape.rank(); ++i) inner *= static_cast<size_t>(shape[i]);
  const auto extent = static_cast<size_t>(shape[along]);
  auto numbers = values.to_vector<double>();
  for (size_t outer = 0; outer < numbers.size(); outer += inner * extent)
    for (size_t i = outer; i < outer + inner; ++i) {
      double norm = 0;
      for (size_t k = 0; k < extent; ++k) {
        const double x = numbers[i + k * inner];
        norm += order == 1 ? std::abs(x) : x * x;
      }
      if (order == 2) norm = std::sqrt(norm);
      for (size_t k = 0; norm > 0 && k < extent; ++k) numbers[i + k * inner] /= norm;
    }
  return Tensor::from(numbers, shape).to(is_floating(values.dtype()) ? values.dtype() : DType::f32);
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
