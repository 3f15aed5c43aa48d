#include "core/ops/warp.h"

#include <numeric>

#include "core/base/error.h"
#include "core/ops/broadcast_to.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reshape.h"
#include "core/ops/take_in_rows.h"

namespace tutti {
namespace {

Value counted(int64_t extent, const Shape& shape, DType dtype) {
  std::vector<double> numbers(static_cast<size_t>(extent));
  std::iota(numbers.begin(), numbers.end(), 0);
  return Value(Tensor::from(numbers, shape).to(dtype));
}

Value rounded_away(const Value& x) { return sign(x) * floor(abs(x) + 0.5); }

// One neighbour along an axis: where it stands, how much it counts, and whether it is in the image.
struct Neighbour {
  Value index, weight, inside;
};

Neighbour neighbour_at(const Value& place, const Value& weight, int64_t extent,
                       const std::string& mode) {
  if (mode != "constant") return {index_in(place, extent, mode), weight, {}};
  const Value last(static_cast<double>(extent - 1));
  return {index_in(place, extent, "nearest"), weight, logical_and(place >= 0.0, place <= last)};
}

std::vector<Neighbour> neighbours_at(const Value& place, int64_t extent,
                                     const WarpOptions& options) {
  if (options.interpolation == "nearest")
    return {neighbour_at(rounded_away(place), Value(), extent, options.fill_mode)};
  const Value below = floor(place), part = place - below;
  return {neighbour_at(below, 1.0 - part, extent, options.fill_mode),
          neighbour_at(below + 1.0, part, extent, options.fill_mode)};
}

void check(const Value& images, const WarpOptions& options) {
  if (images.shape().rank() != 4)
    fail("map_coordinates", "images are (rows, height, width, channels), got {}; reshape them",
         to_string(images.shape()));
  if (options.interpolation != "nearest" && options.interpolation != "bilinear")
    fail("map_coordinates", "interpolation '{}' is unknown; use nearest or bilinear",
         options.interpolation);
}

}  // namespace

Value pixel_rows(int64_t height, DType dtype) { return counted(height, {height, 1, 1}, dtype); }
Value pixel_columns(int64_t width, DType dtype) { return counted(width, {width, 1}, dtype); }

Value take_pixels(const Value& images, const Value& y, const Value& x) {
  const auto& s = images.shape();
  const Value place = y * static_cast<double>(s[2]) + x;
  // One map for all rows is each row's.
  const Shape map{s[0], place.shape()[-3], place.shape()[-2], 1};
  const Value indices = broadcast_to(cast(place, DType::i64), map, images.kind());
  return take_in_rows(reshape(images, {s[0], s[1] * s[2], s[3]}),
                      reshape(indices, {map[0], map[1], map[2]}));
}

Value index_in(const Value& index, int64_t extent, const std::string& fill_mode) {
  const auto size = static_cast<double>(extent), last = size - 1;
  const auto mirrored = [](const Value& i, double around) {
    return around == 0 ? i * 0.0 : abs(mod(i + around, 2 * around) - around);
  };
  if (fill_mode == "nearest") return minimum(maximum(index, 0.0), last);
  if (fill_mode == "wrap") return mod(index, size);
  if (fill_mode == "mirror") return mirrored(index, last);
  if (fill_mode == "reflect") return floor((mirrored(2.0 * index + 1.0, 2 * size) - 1.0) / 2.0);
  fail("map_coordinates",
       "fill_mode '{}' is unknown; use constant, nearest, wrap, mirror or reflect", fill_mode);
}

Value map_coordinates(const Value& images, const Value& y, const Value& x,
                      const WarpOptions& options) {
  check(images, options);
  Value sum;
  for (const Neighbour& row : neighbours_at(y, images.shape()[1], options))
    for (const Neighbour& column : neighbours_at(x, images.shape()[2], options)) {
      Value pixel = take_pixels(images, row.index, column.index);
      if (row.inside.defined())
        pixel = select(logical_and(row.inside, column.inside), pixel, options.fill_value);
      if (row.weight.defined()) pixel = row.weight * column.weight * pixel;
      sum = sum.defined() ? sum + pixel : pixel;
    }
  return sum;
}

Value affine_transform(const Value& images, const std::array<Value, 6>& t,
                       const WarpOptions& options) {
  const Value y = pixel_rows(images.shape()[1], images.dtype());
  const Value x = pixel_columns(images.shape()[2], images.dtype());
  return map_coordinates(images, t[3] * x + t[4] * y + t[5], t[0] * x + t[1] * y + t[2], options);
}

Value projective_transform(const Value& images, const std::array<Value, 8>& t,
                           const WarpOptions& options) {
  const Value y = pixel_rows(images.shape()[1], images.dtype());
  const Value x = pixel_columns(images.shape()[2], images.dtype());
  const Value k = t[6] * x + t[7] * y + 1.0;
  return map_coordinates(images, (t[3] * x + t[4] * y + t[5]) / k, (t[0] * x + t[1] * y + t[2]) / k,
                         options);
}

}  // namespace tutti
