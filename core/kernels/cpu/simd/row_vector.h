// Sixteen floats as registers of the instruction set being compiled: what kernels over the last
// axis add, compare and fold. Included by row_*.cpp of this folder only.
#pragma once

#include "core/kernels/cpu/simd/gemm_vector.h"
#include "core/kernels/cpu/simd/row_kernels.h"

namespace tutti::cpu::TUTTI_ISA {

struct CombineSum {
  template <typename T>
  TUTTI_GEMM_ALWAYS T operator()(T a, T b) const {
    return a + b;
  }
};
// A NaN on either side wins.
struct CombineLargest {
  template <typename T>
  TUTTI_GEMM_ALWAYS T operator()(T a, T b) const {
    return ((a > b) | (a != a)) ? a : b;
  }
};
struct CombineSmallest {
  template <typename T>
  TUTTI_GEMM_ALWAYS T operator()(T a, T b) const {
    return ((a < b) | (a != a)) ? a : b;
  }
};

// p[i] where the mask has lane i, else fill.
TUTTI_GEMM_INLINE Vec load_or(const float* p, Mask m, Vec fill) {
#if defined(__AVX512F__)
  return _mm512_mask_loadu_ps(fill, m, p);
#elif defined(__AVX2__)
  return _mm256_blendv_ps(fill, _mm256_maskload_ps(p, m), _mm256_castsi256_ps(m));
#else
  for (int i = 0; i < kLanes; ++i)
    if (i < m) fill[i] = p[i];
  return fill;
#endif
}

template <int kStep, int... l>
TUTTI_GEMM_INLINE Vec turn(Vec v, std::integer_sequence<int, l...>) {
  return __builtin_shufflevector(v, v, (l + kStep) % kLanes...);
}

// Lanes 8, 4, 2, 1 apart.
template <int kStep = kLanes / 2, typename Combine>
TUTTI_GEMM_INLINE float fold(Vec v, Combine combine) {
  if constexpr (kStep == 0)
    return v[0];
  else
    return fold<kStep / 2>(combine(v, turn<kStep>(v, LaneIndices{})), combine);
}

struct Sixteen {
  static constexpr int kCount = kSumLanes / kLanes;
  Vec v[kCount];

  TUTTI_GEMM_ALWAYS explicit Sixteen(float x) {
#pragma GCC unroll 4
    for (int i = 0; i < kCount; ++i) v[i] = broadcast(x);
  }
  template <typename Combine>
  TUTTI_GEMM_ALWAYS void take(const float* p, Combine combine) {
#pragma GCC unroll 4
    for (int i = 0; i < kCount; ++i) v[i] = combine(v[i], load(p + i * kLanes));
  }
  // The first n < 16 lanes; lanes beyond meet `fill`.
  template <typename Combine>
  TUTTI_GEMM_ALWAYS void take_some(const float* p, int64_t n, float fill, Combine combine) {
#pragma GCC unroll 4
    for (int i = 0; i < kCount; ++i) {
      const int64_t left = n - i * kLanes;
      if (left > 0)
        v[i] =
            combine(v[i], load_or(p + i * kLanes, mask_of(least(left, kLanes)), broadcast(fill)));
    }
  }
  template <typename Combine>
  TUTTI_GEMM_ALWAYS float folded(Combine combine) const {
    Sixteen s = *this;
#pragma GCC unroll 4
    for (int step = kCount / 2; step > 0; step /= 2)
#pragma GCC unroll 4
      for (int i = 0; i < step; ++i) s.v[i] = combine(s.v[i], s.v[i + step]);
    return fold(s.v[0], combine);
  }
};

// n elements of one block, n <= kSumBlock. A missing lane meets `fill`, the neutral element.
template <typename Combine>
TUTTI_GEMM_INLINE float combine_block(const float* x, int64_t n, float fill, Combine combine) {
  Sixteen lanes(fill);
  int64_t i = 0;
  for (; i + kSumLanes <= n; i += kSumLanes) lanes.take(x + i, combine);
  if (i < n) lanes.take_some(x + i, n - i, fill, combine);
  return lanes.folded(combine);
}
template <typename Combine>
TUTTI_GEMM_INLINE double combine_block(const double* x, int64_t n, double fill, Combine combine) {
  double lane[kSumLanes];
  for (int l = 0; l < kSumLanes; ++l) lane[l] = fill;
  for (int64_t i = 0; i < n; ++i) lane[i % kSumLanes] = combine(lane[i % kSumLanes], x[i]);
  for (int step = kSumLanes / 2; step > 0; step /= 2)
    for (int l = 0; l < step; ++l) lane[l] = combine(lane[l], lane[l + step]);
  return lane[0];
}

// A tree of sums of blocks, taken one after another.
template <typename T>
class BlockTree {
 public:
  TUTTI_GEMM_ALWAYS void take(T sum) {
    for (int64_t bits = count_; bits & 1; bits >>= 1) sum = level_[--depth_] + sum;
    level_[depth_++] = sum;
    ++count_;
  }
  TUTTI_GEMM_ALWAYS T finish() {
    if (depth_ == 0) return 0;
    for (; depth_ > 1; --depth_) level_[depth_ - 2] += level_[depth_ - 1];
    return level_[0];
  }

 private:
  T level_[48];
  int depth_ = 0;
  int64_t count_ = 0;
};

template <typename T>
TUTTI_GEMM_INLINE T row_sum(const T* x, int64_t n) {
  if (n <= kSumBlock) return combine_block(x, n, T(0), CombineSum());
  BlockTree<T> tree;
  for (int64_t i = 0; i < n; i += kSumBlock)
    tree.take(combine_block(x + i, least(n - i, kSumBlock), T(0), CombineSum()));
  return tree.finish();
}
template <typename T>
TUTTI_GEMM_INLINE T row_largest(const T* x, int64_t n) {
  return combine_block(x, n, x[0], CombineLargest());
}

}  // namespace tutti::cpu::TUTTI_ISA
