#include "core/explain/segmentation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include "core/base/error.h"
#include "core/base/random.h"

namespace tutti {
namespace {

using Color = std::array<double, 3>;

// sRGB in [0, 1] to CIE Lab under D65.
Color to_lab(Color rgb) {
  for (double& c : rgb) c = c > 0.04045 ? std::pow((c + 0.055) / 1.055, 2.4) : c / 12.92;
  const auto [r, g, b] = rgb;
  Color xyz = {(0.412453 * r + 0.357580 * g + 0.180423 * b) / 0.95047,
               0.212671 * r + 0.715160 * g + 0.072169 * b,
               (0.019334 * r + 0.119193 * g + 0.950227 * b) / 1.08883};
  for (double& c : xyz) c = c > 0.008856 ? std::cbrt(c) : 7.787 * c + 16.0 / 116;
  return {116 * xyz[1] - 16, 500 * (xyz[0] - xyz[1]), 200 * (xyz[1] - xyz[2])};
}

struct Pixels {
  int64_t height, width;
  std::vector<Color> colors;

  const Color& at(int64_t y, int64_t x) const { return colors[static_cast<size_t>(y * width + x)]; }
  double distance(int64_t y, int64_t x, int64_t v, int64_t u) const {
    double sum = static_cast<double>((y - v) * (y - v) + (x - u) * (x - u));
    for (size_t c = 0; c < 3; ++c) sum += (at(y, x)[c] - at(v, u)[c]) * (at(y, x)[c] - at(v, u)[c]);
    return sum;  // squared
  }
  // visit(v, u) for the pixels within `reach` of (y, x).
  template <typename Visit>
  void around(int64_t y, int64_t x, int64_t reach, Visit visit) const {
    for (int64_t v = std::max<int64_t>(0, y - reach); v <= std::min(height - 1, y + reach); ++v)
      for (int64_t u = std::max<int64_t>(0, x - reach); u <= std::min(width - 1, x + reach); ++u)
        visit(v, u);
  }
};

Pixels pixels_of(const Tensor& image, double ratio) {
  const Shape& shape = image.shape();
  if (shape.rank() != 3 || (shape[2] != 1 && shape[2] != 3))
    fail("quick_shift", "an image of shape {}; give (height, width, 1 or 3)", to_string(shape));
  const auto values = image.to_vector<double>();
  Pixels pixels{shape[0], shape[1], {}};
  for (size_t i = 0; i < values.size(); i += static_cast<size_t>(shape[2])) {
    Color color = shape[2] == 3 ? Color{values[i], values[i + 1], values[i + 2]}
                                : Color{values[i], values[i], values[i]};
    color = to_lab(color);
    for (double& c : color) c *= ratio;
    pixels.colors.push_back(color);
  }
  return pixels;
}

// Numbers the trees, in the order in which their pixels are met.
Segments label_trees(const Pixels& pixels, std::vector<size_t> parent) {
  Segments segments{pixels.height, pixels.width, 0, {}};
  std::map<size_t, int64_t> numbers;
  for (size_t i = 0; i < parent.size(); ++i) {
    size_t root = i;
    while (parent[root] != root) root = parent[root];
    const auto [found, added] = numbers.try_emplace(root, segments.count);
    segments.count += added;
    segments.labels.push_back(found->second);
  }
  return segments;
}

}  // namespace

Segments quick_shift(const Tensor& image, const QuickShiftOptions& options) {
  if (options.kernel_size < 1 || options.max_dist <= 0)
    fail("quick_shift", "kernel_size {} and max_dist {}; use 1 or more, and more than 0",
         options.kernel_size, options.max_dist);
  const Pixels pixels = pixels_of(image, options.ratio);
  const auto reach = static_cast<int64_t>(std::ceil(3 * options.kernel_size));
  const double sharpness = -0.5 / (options.kernel_size * options.kernel_size);
  Random random(options.seed);
  std::vector<double> density;
  for (int64_t y = 0; y < pixels.height; ++y)
    for (int64_t x = 0; x < pixels.width; ++x) {
      double sum = 1e-5 * random.normal();
      pixels.around(y, x, reach, [&](int64_t v, int64_t u) {
        sum += std::exp(sharpness * pixels.distance(y, x, v, u));
      });
      density.push_back(sum);
    }
  std::vector<size_t> parent(density.size());
  for (int64_t y = 0; y < pixels.height; ++y)
    for (int64_t x = 0; x < pixels.width; ++x) {
      const auto own = static_cast<size_t>(y * pixels.width + x);
      double nearest = options.max_dist * options.max_dist;
      parent[own] = own;
      pixels.around(y, x, reach, [&](int64_t v, int64_t u) {
        const auto other = static_cast<size_t>(v * pixels.width + u);
        const double distance = pixels.distance(y, x, v, u);
        if (density[other] > density[own] && distance < nearest)
          nearest = distance, parent[own] = other;
      });
    }
  return label_trees(pixels, std::move(parent));
}

Segments grid_segments(int64_t height, int64_t width, int64_t side) {
  if (side < 1) fail("grid_segments", "squares of {} pixels; use 1 or more", side);
  const int64_t across = (width + side - 1) / side;
  Segments segments{height, width, across * ((height + side - 1) / side), {}};
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) segments.labels.push_back(y / side * across + x / side);
  return segments;
}

}  // namespace tutti
