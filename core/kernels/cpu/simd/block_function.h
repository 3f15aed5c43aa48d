// What a fused program is made of on CPU: functions over blocks of elements, one per op, dtype and
// instruction set. Plain data, so that it may be shared with code of every instruction set.
#pragma once

#include <cstdint>

namespace tutti::cpu {

// result[i] = op(a[i], b[i], c[i]) for i in [0, count); arguments the op does not have are null.
// The result may be the same memory as an argument whose elements have its size, not overlap
// otherwise.
using BlockFunction = void (*)(const void* a, const void* b, const void* c, void* result,
                               int64_t count);

// Indexed by the arguments' DType (f32, f64, i32, i64, u8, bool; of select the last two's); null
// where the op is not for it. Ops of two arguments also have functions that read only the first
// element of one of them.
struct BlockTable {
  BlockFunction by_dtype[6];
  BlockFunction one_a[6], one_b[6];
};

// Indexed by the DTypes cast from and to.
struct CastTable {
  BlockFunction by_dtypes[9][9];
};

namespace x86_64 {
extern const CastTable casts;
}
namespace avx2 {
extern const CastTable casts;
}
namespace avx512 {
extern const CastTable casts;
}

}  // namespace tutti::cpu
