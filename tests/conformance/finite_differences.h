// Gradients against central differences, in f64, for functions of row values and variables.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "core/graph/gradient.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "tests/conformance/graph_runner.h"

namespace tutti::test {

// A scalar that every element of a value reaches with a weight of its own.
inline Value weighted_sum(const Value& value) {
  std::vector<int64_t> dims = value.shape().dims();
  if (value.kind() == ValueKind::row) dims.erase(dims.begin());
  const Value weights(sample_tensor(Shape(dims), value.dtype(), 5));
  return reduce_sum(value * weights + square(value) * 0.25);
}

// Moves each element of `place` and compares the change of loss() with the gradient given for it.
inline void expect_differences(const Tensor& place, const Tensor& gradient,
                               const std::function<double()>& loss, double tolerance = 1e-6) {
  constexpr double step = 1e-5;
  const auto slopes = gradient.to_vector<double>();
  ASSERT_EQ(static_cast<int64_t>(slopes.size()), place.elements());
  for (size_t i = 0; i < slopes.size(); ++i) {
    double& element = place.span<double>()[i];
    const double before = element;
    element = before + step;
    const double above = loss();
    element = before - step;
    const double below = loss();
    element = before;
    const double slope = (above - below) / (2 * step);
    EXPECT_NEAR(slopes[i], slope, tolerance * std::max(1.0, std::abs(slope))) << "element " << i;
  }
}

}  // namespace tutti::test
