// Column sums in f32, cut in shards and added in tree order: the gradients of biases.
#include "core/kernels/cpu/simd/gemm_parts.h"
#include "core/kernels/cpu/simd/gemm_vector.h"

namespace tutti::cpu::TUTTI_ISA {
namespace {

constexpr int kStrip = 4;  // registers of columns summed together, at most

// Columns [j, j + width) of one root, in kWide registers.
template <int kWide>
void sum_strip(int64_t j, int64_t width, const float* b, int64_t ldb,
               const ShardRoot<float>& root) {
  alignas(64) float levels[kShardLevels + 1][kWide * kLanes];
  Mask mask[kWide];
#pragma GCC unroll 4
  for (int v = 0; v < kWide; ++v) {
    const int64_t left = width - v * kLanes;
    mask[v] = mask_of(left < 0 ? 0 : least(left, kLanes));
  }
  int depth = 0;
  Vec sum[kWide] = {};
  for (int64_t s = 0; s < root.shards; ++s) {
#pragma GCC unroll 4
    for (int v = 0; v < kWide; ++v) sum[v] = broadcast(0.0f);
    for (int64_t r = root.offsets[s]; r < root.offsets[s + 1]; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < kWide; ++v) sum[v] += load(b + r * ldb + j + v * kLanes, mask[v]);
    const bool last = s + 1 == root.shards;
    for (int64_t bits = s; last ? depth > 0 : bits & 1; bits >>= 1) {
      --depth;
#pragma GCC unroll 4
      for (int v = 0; v < kWide; ++v) sum[v] = load(levels[depth] + v * kLanes) + sum[v];
    }
#pragma GCC unroll 4
    for (int v = 0; v < kWide; ++v) store(levels[depth] + v * kLanes, sum[v]);
    ++depth;
  }
#pragma GCC unroll 4
  for (int v = 0; v < kWide; ++v)
    if (v * kLanes < width) store(root.out + j + v * kLanes, sum[v], mask[v]);
}

}  // namespace

void column_sums(int64_t j0, int64_t j1, const float* b, int64_t ldb, const ShardRoot<float>* roots,
                 int64_t root_count) {
  for (int64_t n = 0; n < root_count; ++n)
    for (int64_t j = j0; j < j1; j += kStrip * kLanes) {
      const int64_t width = least(j1 - j, kStrip * kLanes);
      const auto sum = width <= kLanes       ? sum_strip<1>
                       : width <= 2 * kLanes ? sum_strip<2>
                                             : sum_strip<kStrip>;
      sum(j, width, b, ldb, roots[n]);
    }
}

}  // namespace tutti::cpu::TUTTI_ISA
