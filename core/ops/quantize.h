// Numbers as whole numbers of 8 or 4 bits with scales, as keras.quantizers has them, to the same
// bits. What is quantized comes as whole numbers of the floating dtype that went in: exact, and any
// op takes them.
#pragma once

#include <vector>

#include "core/graph/value.h"

namespace tutti {

struct QuantizedValue {
  Value numbers;
  Value scale;  // numbers / scale is about what went in; axes that share one have extent 1
};
// abs_max_quantize: what is largest over `axes` becomes `high`; all lies in [low, high].
QuantizedValue quantize_abs_max(const Value& x, const std::vector<int>& axes, double low,
                                double high, double epsilon = 1e-7);

struct QuantizedBlocks {
  Value numbers;      // [n, columns], in [-8, 7]
  Value scale, zero;  // [blocks, columns]: (numbers - zero) * scale is about what went in
};
// abs_max_quantize_grouped_with_zero_point: of a matrix, each `size` rows of a column together.
QuantizedBlocks quantize_blocks(const Value& matrix, int64_t size, double epsilon = 1e-7);

// Two numbers of [-8, 7] that follow each other along an axis, in a byte: the first in its low
// half.
Value pack_int4(const Value& numbers, int axis);  // int8
// The `extent` numbers along the axis again.
Value unpack_int4(const Value& packed, int axis, int64_t extent, DType dtype);

}  // namespace tutti
