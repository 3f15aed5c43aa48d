// Random words for rows, sixteen Philox blocks at a time, and dropout.
#include "core/base/philox.h"
#include "core/kernels/cpu/simd/row_parts.h"
#include "core/kernels/cpu/simd/row_vector.h"

namespace tutti::cpu::TUTTI_ISA {
namespace {

constexpr int kBlocks = 16;

// words[4 l + w] = word w of the block at (row[l], block[l]).
void draw(const RandomRows& p, const uint32_t* row, const uint32_t* block, uint32_t* words) {
  for (int l = 0; l < kBlocks; ++l) {
    const PhiloxBlock drawn = philox_at(p.seed, p.step, row[l], p.site, block[l]);
#pragma GCC unroll 4
    for (int w = 0; w < 4; ++w) words[4 * l + w] = drawn.word[w];
  }
}

// Calls use(offset, count, words) for runs of at most 64 elements whose words are drawn.
template <typename Use>
TUTTI_GEMM_INLINE void each_run(const RandomRows& p, Use use) {
  const int64_t blocks = (p.n + 3) / 4;
  alignas(64) uint32_t words[4 * kBlocks];
  alignas(64) uint32_t row[kBlocks], block[kBlocks];
  int64_t r = 0, b = 0;
  for (int64_t left = p.rows * blocks; left > 0; left -= kBlocks) {
    const int64_t first = r, first_block = b;
    const int count = static_cast<int>(least(left, kBlocks));
    for (int l = 0; l < kBlocks; ++l) {
      row[l] = static_cast<uint32_t>(p.first_row + r);
      block[l] = static_cast<uint32_t>(b);
      if (++b == blocks) b = 0, ++r;
    }
    draw(p, row, block, words);
    if ((p.n & 3) == 0) {  // blocks lie side by side
      use(first * p.n + first_block * 4, int64_t{4} * count, words);
      continue;
    }
    int64_t at = first, from = first_block;
    for (int l = 0; l < count; ++l) {
      use(at * p.n + from * 4, least(p.n - from * 4, 4), words + 4 * l);
      if (++from == blocks) from = 0, ++at;
    }
  }
}

template <typename T>
TUTTI_GEMM_INLINE void drop(const RandomRows& p, const T* x, T scale, T* y) {
  each_run(p, [&](int64_t offset, int64_t count, const uint32_t* words) {
    for (int64_t i = 0; i < count; ++i)
      y[offset + i] = (words[i] >> 8) >= p.threshold ? x[offset + i] * scale : T(0);
  });
}

}  // namespace

void dropout(const RandomRows& place, const float* x, float scale, float* y) {
  drop(place, x, scale, y);
}
void dropout(const RandomRows& place, const double* x, double scale, double* y) {
  drop(place, x, scale, y);
}

void random_words(const RandomRows& place, uint32_t* words) {
  each_run(place, [&](int64_t offset, int64_t count, const uint32_t* drawn) {
    for (int64_t i = 0; i < count; ++i) words[offset + i] = drawn[i];
  });
}

}  // namespace tutti::cpu::TUTTI_ISA
