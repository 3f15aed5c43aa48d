#include "io/standard_scaler.h"

#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "io/labels.h"

namespace tutti {

void MomentsInRows::add(std::span<const double> values, int64_t columns) {
  auto& [mean, scale] = moments_;
  for (auto* sums : {&mean, &scale, &drift_}) sums->resize(static_cast<size_t>(columns), 0);
  const size_t width = mean.size();
  if (passes_ == 0) {
    values_ += values.size();
    for (size_t i = 0; i < values.size(); ++i) mean[i % width] += values[i];
  } else {
    for (size_t i = 0; i < values.size(); ++i) {
      const size_t c = i % width;
      const double d = values[i] - mean[c];
      drift_[c] += d;
      scale[c] += d * d;
    }
  }
}

void MomentsInRows::end_rows() {
  auto& [mean, scale] = moments_;
  const size_t width = mean.size();
  if (values_ == 0)
    fail(ExitCode::data, "StandardScaler", "there are no rows to fit on; give at least one");
  const double n = static_cast<double>(values_ / width);
  if (passes_++ == 0) {
    for (double& m : mean) m /= n;
    return;
  }
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  for (size_t c = 0; c < width; ++c) {
    const double variance = (scale[c] - drift_[c] * drift_[c] / n) / n;
    const double rounding = n * mean[c] * kEpsilon;
    const bool constant = variance <= n * kEpsilon * variance + rounding * rounding;
    scale[c] = constant ? 1 : std::sqrt(variance);
  }
}

ColumnMoments column_moments(std::span<const double> values, int64_t columns) {
  MomentsInRows moments;
  while (moments.wants_rows()) {
    moments.add(values, columns);
    moments.end_rows();
  }
  return moments.result();
}

StandardScaler& StandardScaler::fit(const Tensor& values) {
  check_finite(values, "StandardScaler");
  const auto wide = values.to_vector<double>();
  moments_ = column_moments(wide, values.shape().elements_per_row());
  return *this;
}

template <typename Each>
Tensor StandardScaler::map(const Tensor& values, const Each& each) const {
  const int64_t columns = values.shape().elements_per_row();
  if (mean().empty())
    fail("StandardScaler", "it was not fitted; call fit with the training rows first");
  if (columns != static_cast<int64_t>(mean().size()))
    fail(ExitCode::data, "StandardScaler", "it was fitted on {} columns, these rows {} have {}",
         mean().size(), to_string(values.shape()), columns);
  Tensor result = Tensor::empty(values.shape());
  float* out = result.data<float>();
  size_t i = 0;
  for (const double value : values.to_vector<double>()) {
    *out++ = static_cast<float>(each(value, i));
    if (++i == mean().size()) i = 0;
  }
  return result;
}

Tensor StandardScaler::transform(const Tensor& values) const {
  return map(values, [&](double x, size_t c) { return (x - mean()[c]) / scale()[c]; });
}

Tensor StandardScaler::inverse_transform(const Tensor& values) const {
  return map(values, [&](double x, size_t c) { return x * scale()[c] + mean()[c]; });
}

}  // namespace tutti
