// Conversion of elements between dtypes, on the host.
#pragma once

#include <cstdint>

#include "core/base/dtype.h"

namespace tutti {

[[noreturn]] void refuse_text();  // "[dtype] text is no number; ..."

// Calls f(T()) with the C++ type of `dtype`. Throws for text, which is no number.
template <typename F>
decltype(auto) visit_dtype(DType dtype, F&& f) {
  switch (dtype) {
    case DType::f64:
      return f(double());
    case DType::i32:
      return f(int32_t());
    case DType::i64:
      return f(int64_t());
    case DType::u8:
      return f(uint8_t());
    case DType::i8:
      return f(int8_t());
    case DType::bool_:
      return f(bool());
    case DType::bf16:
      return f(BFloat16());
    case DType::f16:
      return f(Float16());
    case DType::string:
      refuse_text();
    case DType::f32:
      break;
  }
  return f(float());
}

// Floats become integers by truncation, clamped to the target's range, NaN 0; anything but 0 is
// true.
void convert_elements(const void* source, DType from, void* target, DType to, int64_t count);

}  // namespace tutti
