#include "core/ops/resample.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "core/base/error.h"
#include "core/ops/broadcast_to.h"
#include "core/ops/matmul.h"
#include "core/ops/reshape.h"
#include "core/ops/transpose.h"

namespace tutti {
namespace {

double lanczos(double x, double radius) {
  if (x >= radius) return 0;
  if (x < 1e-3) return 1;
  const double angle = std::numbers::pi * x;
  return radius * std::sin(angle) * std::sin(angle / radius) / (angle * angle);
}

// The weight of an element at a distance of x, which is not negative.
double kernel_at(double x, const std::string& interpolation) {
  if (interpolation == "bilinear") return std::max(0.0, 1 - x);
  if (interpolation == "lanczos3") return lanczos(x, 3);
  if (interpolation == "lanczos5") return lanczos(x, 5);
  // Keys, 1981, with a = -0.5.
  if (x >= 2) return 0;
  if (x >= 1) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return (1.5 * x - 2.5) * x * x + 1;
}

double reach_of(const std::string& interpolation) {
  if (interpolation == "bilinear") return 1;
  if (interpolation == "lanczos3") return 3;
  if (interpolation == "lanczos5") return 5;
  return 2;
}

}  // namespace

Value repeat(const Value& value, int64_t times, int axis) {
  axis = normalize_axis(axis, value.shape().rank(), "repeat");
  if (axis == 0) fail("repeat", "axis 0 of {} is the rows; name another", to_string(value.shape()));
  if (times == 1) return value;
  std::vector<int64_t> dims = value.shape().dims();
  dims[static_cast<size_t>(axis)] *= times;
  std::vector<int64_t> wide = value.shape().dims();
  wide.insert(wide.begin() + axis + 1, times);
  return reshape(broadcast_to(expand_dims(value, axis + 1), Shape(std::move(wide)), value.kind()),
                 Shape(std::move(dims)));
}

const std::vector<std::string>& interpolation_names() {
  static const std::vector<std::string> names{"nearest", "bilinear", "bicubic", "lanczos3",
                                              "lanczos5"};
  return names;
}

std::vector<ResamplingWindow> resampling_windows(int64_t in, int64_t out,
                                                 const std::string& interpolation, bool antialias) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  const double width = antialias ? std::max(1.0, scale) : 1.0;
  std::vector<ResamplingWindow> windows;
  for (int64_t o = 0; o < out; ++o) {
    const double center = (static_cast<double>(o) + 0.5) * scale - 0.5;
    if (interpolation == "nearest") {
      windows.push_back({std::min(in - 1, static_cast<int64_t>(std::floor(center + 0.5))), {1}});
      continue;
    }
    const double reach = reach_of(interpolation) * width;
    const int64_t first = std::max<int64_t>(0, static_cast<int64_t>(std::ceil(center - reach)));
    const int64_t end = std::min(in, static_cast<int64_t>(std::floor(center + reach)) + 1);
    ResamplingWindow window{first, {}};
    double sum = 0;
    for (int64_t i = first; i < end; ++i)
      sum += window.weights.emplace_back(
          kernel_at(std::abs(center - static_cast<double>(i)) / width, interpolation));
    for (double& weight : window.weights) weight /= sum;
    windows.push_back(std::move(window));
  }
  return windows;
}

Tensor resampling_weights(int64_t in, int64_t out, const std::string& interpolation,
                          bool antialias) {
  std::vector<double> weights(static_cast<size_t>(in * out), 0.0);
  const auto windows = resampling_windows(in, out, interpolation, antialias);
  for (int64_t o = 0; o < out; ++o) {
    const auto& window = windows[static_cast<size_t>(o)];
    for (size_t i = 0; i < window.weights.size(); ++i)
      weights[static_cast<size_t>((window.first + static_cast<int64_t>(i)) * out + o)] =
          window.weights[i];
  }
  return Tensor::from(weights, {in, out});
}

Value resample(const Value& value, int axis, int64_t out, const std::string& interpolation,
               bool antialias) {
  axis = normalize_axis(axis, value.shape().rank(), "resample");
  const int64_t in = value.shape()[axis];
  if (in == out) return value;
  if (axis == 0 || in < 1 || out < 1)
    fail("resample", "axis {} of {} cannot have {} elements; use one or more, not the rows", axis,
         to_string(value.shape()), out);
  constexpr int64_t kLongest = int64_t{1} << 20, kLargest = int64_t{1} << 24;
  if (in > kLongest || out > kLongest || in * out > kLargest)
    fail("resample", "from {} to {} elements of axis {} takes a table of more than 2^24; use fewer",
         in, out, axis);
  std::vector<int> last(static_cast<size_t>(value.shape().rank()));
  std::iota(last.begin(), last.end(), 0);
  std::swap(last[static_cast<size_t>(axis)], last.back());
  const Tensor weights = resampling_weights(in, out, interpolation, antialias).to(value.dtype());
  return transpose(matmul(transpose(value, last), Value(weights)), last);
}

}  // namespace tutti
