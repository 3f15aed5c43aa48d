#include "core/ops/gaussian_blur.h"

#include <cmath>

#include "core/ops/batch_matmul.h"
#include "core/ops/broadcast_to.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"
#include "core/ops/transpose.h"

namespace tutti {
namespace {

Value weights_at(const Value& distance, const GaussianWindow& window) {
  const Value weight = exp(-0.5 * square(distance / window.sigma));
  return weight * cast(distance <= window.reach, weight.dtype());
}

// [n, extent, extent]: what each pixel of an axis gives to each.
Value weights_along(int64_t extent, const GaussianWindow& window, const Value& images) {
  std::vector<double> apart, reached;
  for (int64_t i = 0; i < extent; ++i)
    for (int64_t j = 0; j < extent; ++j) apart.push_back(static_cast<double>(std::abs(i - j)));
  for (int64_t d = -window.most; d <= window.most; ++d)
    reached.push_back(static_cast<double>(std::abs(d)));
  const auto constant = [&](const std::vector<double>& numbers, const Shape& shape) {
    return Value(Tensor::from(numbers, shape).to(images.dtype()));
  };
  const Value sum = reduce_sum(
      weights_at(constant(reached, {static_cast<int64_t>(reached.size()), 1}), window), {-2}, true);
  const Value weights = weights_at(constant(apart, {extent, extent, 1}), window) / sum;
  const int64_t rows = images.shape()[0];
  return reshape(broadcast_to(weights, {rows, extent, extent, 1}, images.kind()),
                 {rows, extent, extent});
}

Value blurred_along_y(const Value& images, const GaussianWindow& window) {
  const Shape& s = images.shape();
  const Value lines = reshape(images, {s[0], s[1], s[2] * s[3]});
  return reshape(batch_matmul(weights_along(s[1], window, images), lines), s);
}

}  // namespace

Value gaussian_blur(const Value& images, const GaussianWindow& along_y,
                    const GaussianWindow& along_x) {
  const std::vector<int> turned{0, 2, 1, 3};
  const Value lines = transpose(blurred_along_y(images, along_y), turned);
  return transpose(blurred_along_y(lines, along_x), turned);
}

}  // namespace tutti
