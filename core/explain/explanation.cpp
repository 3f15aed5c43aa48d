#include "core/explain/explanation.h"

#include <algorithm>
#include <cmath>
#include <ostream>

#include "core/base/error.h"

namespace tutti {

Matrix predictions_of(const PredictFunction& predict, const Tensor& rows, const char* where) {
  const Tensor given = predict(rows);
  if (!given.defined() || given.shape().rank() < 1 || given.shape().rank() > 2 ||
      given.rows() != rows.rows())
    fail(ExitCode::data, where,
         "the prediction for rows of shape {} has shape {}; return (rows) or (rows, outputs)",
         to_string(rows.shape()), given.defined() ? to_string(given.shape()) : "none");
  return {given.rows(), given.shape().rank() == 1 ? 1 : given.shape()[1],
          given.to_vector<double>()};
}

void sort_by_weight(std::vector<Contribution>& contributions) {
  std::stable_sort(contributions.begin(), contributions.end(), [](const auto& a, const auto& b) {
    return std::abs(a.weight) > std::abs(b.weight);
  });
}

std::ostream& operator<<(std::ostream& out, const Explanation& explanation) {
  constexpr double kWidth = 20;
  double largest = 0;
  size_t longest = 0;
  for (const auto& item : explanation.contributions) {
    largest = std::max(largest, std::abs(item.weight));
    longest = std::max(longest, item.name.size());
  }
  out << fmt::format("prediction {:.6g}, base value {:.6g}\n", explanation.prediction,
                     explanation.base_value);
  for (const auto& item : explanation.contributions) {
    const auto bar = static_cast<size_t>(std::lround(kWidth * std::abs(item.weight) / largest));
    out << fmt::format("{:<{}} {:>+11.4g} {}\n", item.name, longest, item.weight,
                       largest > 0 ? std::string(bar, item.weight < 0 ? '-' : '+') : "");
  }
  return out;
}

ShapValues ShapValues::zeros(const Shape& rows, int64_t outputs) {
  std::vector<int64_t> dims = rows.dims();
  dims.push_back(outputs);
  return {Tensor::zeros(Shape(std::move(dims)), DType::f64), Tensor::zeros({outputs}, DType::f64),
          Tensor::zeros({rows[0], outputs}, DType::f64)};
}

Explanation ShapValues::explanation(int64_t row, int64_t output,
                                    const std::vector<std::string>& names) const {
  const int64_t outputs = base_values.elements();
  const int64_t features = values.elements() / std::max<int64_t>(1, values.rows() * outputs);
  if (row < 0 || row >= values.rows() || output < 0 || output >= outputs)
    fail("shap", "row {} and output {} of {} rows and {} outputs do not exist", row, output,
         values.rows(), outputs);
  if (!names.empty() && static_cast<int64_t>(names.size()) != features)
    fail("shap", "{} names for {} features; name each", names.size(), features);
  Explanation result{output,
                     base_values.data<double>()[output],
                     predictions.data<double>()[row * outputs + output],
                     {}};
  for (int64_t f = 0; f < features; ++f)
    result.contributions.push_back(
        {f, names.empty() ? std::to_string(f) : names[static_cast<size_t>(f)],
         values.data<double>()[(row * features + f) * outputs + output]});
  sort_by_weight(result.contributions);
  return result;
}

}  // namespace tutti
