#include "core/ops/quantize.h"

#include "core/ops/cast.h"
#include "core/ops/concatenate.h"
#include "core/ops/elementwise.h"
#include "core/ops/op_checks.h"
#include "core/ops/pad.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"
#include "core/ops/slice.h"

namespace tutti {
namespace {

constexpr double kLow = -8, kHigh = 7;  // of 4 bits

Value clip(const Value& x, double low, double high) { return minimum(maximum(x, low), high); }

// With rows of zeros behind.
Value padded(const Value& value, int axis, int64_t more) {
  std::vector<int64_t> none(value.shape().dims().size(), 0), after = none;
  after[static_cast<size_t>(axis)] = more;
  return more == 0 ? value : pad(value, none, after);
}

}  // namespace

QuantizedValue quantize_abs_max(const Value& x, const std::vector<int>& axes, double low,
                                double high, double epsilon) {
  const Value scale = high / (reduce_max(abs(x), axes, true) + epsilon);
  return {clip(round(x * scale), low, high), scale};
}

QuantizedBlocks quantize_blocks(const Value& matrix, int64_t size, double epsilon) {
  const int64_t n = matrix.shape()[0], columns = matrix.shape()[1], blocks = (n + size - 1) / size;
  const Value x = reshape(padded(matrix, 0, blocks * size - n), {blocks, size, columns});
  const Value least = reduce_min(x, {1}, true), most = reduce_max(x, {1}, true);
  const Value scale = ((most - least) + epsilon) / (kHigh - kLow);
  const Value zero = clip(round(-least / scale) + kLow, kLow, kHigh);
  const Value numbers = clip(round(x / scale) + zero, kLow, kHigh);
  return {slice(reshape(numbers, {blocks * size, columns}), 0, 0, n), squeeze(scale, 1),
          squeeze(zero, 1)};
}

Value pack_int4(const Value& numbers, int axis) {
  axis = normalize_axis(axis, numbers.shape().rank(), "pack_int4");
  std::vector<int64_t> dims = numbers.shape().dims();
  int64_t& extent = dims[static_cast<size_t>(axis)];
  const Value even = padded(numbers, axis, extent % 2);
  extent = (extent + 1) / 2;
  dims.insert(dims.begin() + axis + 1, 2);
  const auto pair = split(reshape(even, Shape(dims)), 2, axis + 1);
  const Value low = squeeze(pair[0], axis + 1), high = squeeze(pair[1], axis + 1);
  const Value without_sign = low + 16.0 * cast(less(low, 0.0), low.dtype());
  return cast(16.0 * high + without_sign, DType::i8);
}

Value unpack_int4(const Value& packed, int axis, int64_t extent, DType dtype) {
  axis = normalize_axis(axis, packed.shape().rank(), "unpack_int4");
  const Value bytes = cast(packed, dtype), high = floor(bytes / 16.0);
  const Value without_sign = bytes - 16.0 * high;
  const Value low = without_sign - 16.0 * cast(greater_equal(without_sign, 8.0), dtype);
  std::vector<int64_t> dims = packed.shape().dims();
  dims[static_cast<size_t>(axis)] *= 2;
  return slice(reshape(stack({low, high}, axis + 1), Shape(dims)), axis, 0, extent);
}

}  // namespace tutti
