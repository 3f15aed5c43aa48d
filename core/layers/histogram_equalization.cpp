#include "core/layers/histogram_equalization.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/extents.h"
#include "core/ops/broadcast_to.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/matmul.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"
#include "core/ops/take_in_rows.h"
#include "core/ops/warp.h"

namespace tutti {
namespace {

constexpr Interval kBytes{0, 255};

// [x_0, x_0 + x_1, ...] along the last axis.
Value running_sum(const Value& x) {
  const int64_t n = x.shape()[-1];
  std::vector<double> below(static_cast<size_t>(n * n), 0.0);
  for (int64_t i = 0; i < n; ++i) std::fill_n(below.begin() + i * n + i, n - i, 1.0);
  return matmul(x, Value(Tensor::from(below, {n, n}).to(x.dtype())));
}

// How often each index below `extent` stands in a row.
Value counts_of(const Value& indices, int64_t extent, DType dtype) {
  const Value ones =
      broadcast_to(Value(Tensor::full({}, 1, dtype)), indices.shape(), indices.kind());
  return scatter_add_in_rows(ones, indices, extent);
}

// A constant of (height, width, channels).
Value constant_map(const Shape& shape, DType dtype,
                   const std::function<double(int64_t y, int64_t x, int64_t c)>& at) {
  std::vector<double> values;
  for (int64_t y = 0; y < shape[0]; ++y)
    for (int64_t x = 0; x < shape[1]; ++x)
      for (int64_t c = 0; c < shape[2]; ++c) values.push_back(at(y, x, c));
  return Value(Tensor::from(values, shape).to(dtype));
}

Value as_indices(const Value& numbers) {
  const auto& s = numbers.shape();
  return reshape(cast(numbers, DType::i64), {s[0], s[1] * s[2] * s[3]});
}

}  // namespace

AutoContrastLayer::AutoContrastLayer(Options options)
    : ImageAugmentationOf(std::move(options), "AutoContrast"),
      range_(value_interval(options_.value_range, "AutoContrast")) {}

Value AutoContrastLayer::transform_in_inference(const Value& images) const {
  const Value bytes = rescaled(images, range_, kBytes);
  const Value low = reduce_min(bytes, {1, 2}, true), high = reduce_max(bytes, {1, 2}, true);
  const Value varied = high > low;
  const Value scale = 255.0 / select(varied, high - low, 1.0);
  const Value spread = clipped(bytes * scale - low * scale, kBytes);
  return select(varied, rescaled(spread, kBytes, range_), images);
}

Value AutoContrastLayer::transform_images(const Value& images, const Transformation&) const {
  return transform_in_inference(images);
}

EqualizationLayer::EqualizationLayer(Options options)
    : ImageAugmentationOf(std::move(options), "Equalization"),
      range_(value_interval(options_.value_range, "Equalization")) {
  if (options_.bins < 2) fail("Equalization", "bins is {}; use 2 or more", options_.bins);
}

Value EqualizationLayer::transform_images(const Value& images, const Transformation&) const {
  const auto& s = images.shape();
  const int64_t bins = options_.bins, channels = s[3];
  const auto last = static_cast<double>(bins - 1);
  const Value bytes = rescaled(images, range_, kBytes);
  // One table of all channels: channel c's bins begin at c times their number.
  const Value first = constant_map({1, 1, channels}, images.dtype(), [&](auto, auto, int64_t c) {
    return static_cast<double>(c * bins);
  });
  const auto bin_of = [&](const Value& scaled) {
    return as_indices(floor(clipped(scaled, {0, last})) + first);
  };
  // Counted and looked up by differently rounded numbers, as in Keras.
  const Value counts =
      reshape(counts_of(bin_of(bytes * last / 255.0), channels * bins, images.dtype()),
              {s[0], channels, bins});
  const Value sum = running_sum(counts);
  const Value lowest = reduce_min(select(sum > 0.0, sum, 1e30), {2}, true);
  const Value rest = reduce_max(sum, {2}, true) - lowest;
  const Value table =
      clipped(round((sum - lowest) * 255.0 / select(equal(rest, 0.0), 1.0, rest)), kBytes);
  const Value found =
      take_in_rows(reshape(table, {s[0], channels * bins}), bin_of(bytes / 255.0 * last));
  const Value filled = reduce_sum(cast(counts > 0.0, images.dtype()), {2}, true);
  const Value several = reshape(filled > 1.0, {s[0], 1, 1, channels});
  return rescaled(select(several, reshape(found, s), bytes), kBytes, range_);
}

ContrastLimitedAdaptiveHistogramEqualizationLayer::
    ContrastLimitedAdaptiveHistogramEqualizationLayer(Options options)
    : ImageAugmentationOf(std::move(options), "ContrastLimitedAdaptiveHistogramEqualization"),
      range_(value_interval(options_.value_range, "ContrastLimitedAdaptiveHistogramEqualization")),
      grid_(options_.tile_grid_size.of(2, "ContrastLimitedAdaptiveHistogramEqualization",
                                       "tile_grid_size")) {}

int64_t ContrastLimitedAdaptiveHistogramEqualizationLayer::tile_extent(int64_t extent,
                                                                       size_t axis) const {
  return (extent + grid_[axis] - 1) / grid_[axis];
}

// What each of 256 values becomes in each tile and channel. The image goes on as in a mirror to
// fill the last tiles.
Value ContrastLimitedAdaptiveHistogramEqualizationLayer::tables_of(const Value& bytes) const {
  const auto& s = bytes.shape();
  const int64_t channels = s[3], high = tile_extent(s[1], 0), wide = tile_extent(s[2], 1);
  const Value y = pixel_rows(high * grid_[0], bytes.dtype());
  const Value x = pixel_columns(wide * grid_[1], bytes.dtype());
  const Value whole =
      take_pixels(bytes, index_in(y, s[1], "reflect"), index_in(x, s[2], "reflect"));
  const Value first = constant_map(
      {high * grid_[0], wide * grid_[1], channels}, bytes.dtype(),
      [&](int64_t i, int64_t j, int64_t c) {
        return static_cast<double>(((i / high * grid_[1] + j / wide) * channels + c) * 256);
      });
  const int64_t tables = extent_product({grid_[0], grid_[1], channels});
  const Value indices = as_indices(floor(clipped(whole, kBytes)) + first);
  Value counts = reshape(counts_of(indices, tables * 256, bytes.dtype()), {s[0], tables, 256});
  const auto pixels = static_cast<double>(high * wide);
  if (options_.clip_limit > 0) {
    const Value kept = minimum(counts, options_.clip_limit * pixels / 256);
    counts = kept + reduce_sum(counts - kept, {2}, true) / 256.0;
  }
  const Value sum = running_sum(counts);
  const Value lowest = reduce_min(sum, {2}, true);
  const Value rest = pixels - lowest;
  const Value table = (sum - lowest) * 255.0 / select(equal(rest, 0.0), 1.0, rest);
  return reshape(clipped(table, kBytes), {s[0], tables * 256});
}

Value ContrastLimitedAdaptiveHistogramEqualizationLayer::transform_in_inference(
    const Value& images) const {
  const auto& s = images.shape();
  const Value bytes = rescaled(images, range_, kBytes), tables = tables_of(bytes);
  const Value pixels = floor(clipped(bytes, kBytes));
  // Where a pixel stands between the centres of tiles, and the tile on either side.
  const auto place = [&](int64_t at, int64_t extent, size_t axis) {
    const auto tile = static_cast<double>(tile_extent(extent, axis));
    return (static_cast<double>(at) - tile / 2) / tile;
  };
  const auto tile_at = [&](double place, int64_t side, size_t axis) {
    return std::clamp<int64_t>(static_cast<int64_t>(std::floor(place)) + side, 0, grid_[axis] - 1);
  };
  Value sum;
  for (int64_t below : {0, 1})
    for (int64_t right : {0, 1}) {
      const Value first =
          constant_map({s[1], s[2], s[3]}, images.dtype(), [&](int64_t y, int64_t x, int64_t c) {
            const int64_t row = tile_at(place(y, s[1], 0), below, 0);
            const int64_t column = tile_at(place(x, s[2], 1), right, 1);
            return static_cast<double>(((row * grid_[1] + column) * s[3] + c) * 256);
          });
      const auto part = [](double place, int64_t side) {
        const double beyond = place - std::floor(place);
        return side == 1 ? beyond : 1 - beyond;
      };
      const Value weight =
          constant_map({s[1], s[2], 1}, images.dtype(), [&](int64_t y, int64_t x, int64_t) {
            return part(place(y, s[1], 0), below) * part(place(x, s[2], 1), right);
          });
      const Value found = weight * reshape(take_in_rows(tables, as_indices(pixels + first)), s);
      sum = sum.defined() ? sum + found : found;
    }
  return rescaled(sum, kBytes, range_);
}

Value ContrastLimitedAdaptiveHistogramEqualizationLayer::transform_images(
    const Value& images, const Transformation&) const {
  return transform_in_inference(images);
}

TUTTI_REGISTER(Layer, AutoContrastLayer, "AutoContrast", "each channel over the whole range")
    .with(declare_value_range)
    .with(declare_data_format);
TUTTI_REGISTER(Layer, EqualizationLayer, "Equalization", "even histograms while training")
    .with(declare_value_range)
    .argument("bins", &EqualizationOptions::bins, "of the histogram")
    .with(declare_data_format);
TUTTI_REGISTER(Layer, ContrastLimitedAdaptiveHistogramEqualizationLayer,
               "ContrastLimitedAdaptiveHistogramEqualization", "even histograms of tiles")
    .with(declare_value_range)
    .argument("clip_limit", &ContrastLimitedAdaptiveHistogramEqualizationOptions::clip_limit,
              "of a bin, times the mean of bins; 0: none")
    .argument("tile_grid_size",
              &ContrastLimitedAdaptiveHistogramEqualizationOptions::tile_grid_size,
              "tiles along y, along x")
    .with(declare_data_format);

}  // namespace tutti
