// One register of floats of the instruction set being compiled, and the shape of the register block
// that keeps its multiply-add units busy. This file is all that a new instruction set has to write.
#pragma once

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include <cstdint>
#include <utility>

#define TUTTI_GEMM_ALWAYS inline __attribute__((always_inline))
#define TUTTI_GEMM_INLINE static TUTTI_GEMM_ALWAYS

namespace tutti::cpu::TUTTI_ISA {

#if defined(__AVX512F__)

using Vec = __m512;
using Mask = __mmask16;  // which lanes exist
constexpr int kLanes = 16;
constexpr int kBlockRows = 14;  // 14 x 2 sums, 2 of B, 1 of A: 31 of 32 registers
TUTTI_GEMM_INLINE Mask mask_of(int64_t n) { return static_cast<Mask>((1u << n) - 1); }
TUTTI_GEMM_INLINE Vec load(const float* p) { return _mm512_loadu_ps(p); }
TUTTI_GEMM_INLINE Vec load(const float* p, Mask m) { return _mm512_maskz_loadu_ps(m, p); }
TUTTI_GEMM_INLINE void store(float* p, Vec v) { _mm512_storeu_ps(p, v); }
TUTTI_GEMM_INLINE void store(float* p, Vec v, Mask m) { _mm512_mask_storeu_ps(p, m, v); }
TUTTI_GEMM_INLINE Vec broadcast(float x) { return _mm512_set1_ps(x); }
TUTTI_GEMM_INLINE Vec multiply_add(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }

#elif defined(__AVX2__)

using Vec = __m256;
using Mask = __m256i;
constexpr int kLanes = 8;
constexpr int kBlockRows = 6;  // 6 x 2 sums, 2 of B, 1 of A: 15 of 16 registers
TUTTI_GEMM_INLINE Mask mask_of(int64_t n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)),
                            _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
TUTTI_GEMM_INLINE Vec load(const float* p) { return _mm256_loadu_ps(p); }
TUTTI_GEMM_INLINE Vec load(const float* p, Mask m) { return _mm256_maskload_ps(p, m); }
TUTTI_GEMM_INLINE void store(float* p, Vec v) { _mm256_storeu_ps(p, v); }
TUTTI_GEMM_INLINE void store(float* p, Vec v, Mask m) { _mm256_maskstore_ps(p, m, v); }
TUTTI_GEMM_INLINE Vec broadcast(float x) { return _mm256_set1_ps(x); }
TUTTI_GEMM_INLINE Vec multiply_add(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }

#else  // four lanes of whatever the compiler has; no fused multiply-add

typedef float Vec __attribute__((vector_size(16)));
using Mask = int64_t;
constexpr int kLanes = 4;
constexpr int kBlockRows = 4;
TUTTI_GEMM_INLINE Mask mask_of(int64_t n) { return n; }
TUTTI_GEMM_INLINE Vec load(const float* p) {
  Vec v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
TUTTI_GEMM_INLINE Vec load(const float* p, Mask m) {
  Vec v = {};
  for (int i = 0; i < kLanes; ++i)
    if (i < m) v[i] = p[i];
  return v;
}
TUTTI_GEMM_INLINE void store(float* p, Vec v) { __builtin_memcpy(p, &v, sizeof v); }
TUTTI_GEMM_INLINE void store(float* p, Vec v, Mask m) {
  for (int i = 0; i < kLanes; ++i)
    if (i < m) p[i] = v[i];
}
TUTTI_GEMM_INLINE Vec broadcast(float x) { return Vec{x, x, x, x}; }
TUTTI_GEMM_INLINE Vec multiply_add(Vec a, Vec b, Vec c) { return c + a * b; }

#endif

using LaneIndices = std::make_integer_sequence<int, kLanes>;
constexpr int kPanel = 2 * kLanes;  // columns of a register block
static_assert(kBlockRows <= kLanes, "a packed column of A is one register");

TUTTI_GEMM_INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

// Nearly equal parts of [0, total), none longer than `longest`: the register blocks of a run of
// rows.
struct Blocks {
  int64_t count, size, longer;  // the first `longer` blocks have size + 1
  int64_t begin(int64_t i) const { return i * size + least(i, longer); }
  int64_t length(int64_t i) const { return size + (i < longer ? 1 : 0); }
};
TUTTI_GEMM_INLINE Blocks blocks_of(int64_t total, int64_t longest) {
  const int64_t count = (total + longest - 1) / longest;
  return count == 0 ? Blocks{0, 0, 0} : Blocks{count, total / count, total % count};
}

}  // namespace tutti::cpu::TUTTI_ISA
