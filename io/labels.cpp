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
