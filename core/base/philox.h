// Philox4x32-10: random bits as a pure function of (key, counter). Salmon, Moraes, Dror, Shaw,
// "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
//
// Included by kernels of every instruction set and by CUDA, hence: no library includes, and every
// function always inlined with internal linkage, so that no copy compiled for one instruction set
// is linked into code for another.
#pragma once

#ifndef __CUDACC_RTC__
#include <cstdint>
#endif

#if defined(__CUDACC__)
#define TUTTI_PHILOX_INLINE static __forceinline__ __host__ __device__
#else
#define TUTTI_PHILOX_INLINE static inline __attribute__((always_inline))
#endif

namespace tutti {

struct PhiloxBlock {
  uint32_t word[4];
};

TUTTI_PHILOX_INLINE PhiloxBlock philox(PhiloxBlock counter, uint32_t key0, uint32_t key1) {
  uint32_t c0 = counter.word[0], c1 = counter.word[1], c2 = counter.word[2], c3 = counter.word[3];
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53u} * c0, p1 = uint64_t{0xCD9E8D57u} * c2;
    const uint32_t n0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ key0;
    const uint32_t n2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ key1;
    c0 = n0;
    c1 = static_cast<uint32_t>(p1);
    c2 = n2;
    c3 = static_cast<uint32_t>(p0);
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return {{c0, c1, c2, c3}};
}

// The random words of elements 4 block .. 4 block + 3 of a row, in a step, at a call site. Steps
// count below 2^32, sites below 2^32, rows and blocks below 2^32.
TUTTI_PHILOX_INLINE PhiloxBlock philox_at(uint64_t seed, int64_t step, int64_t row, uint32_t site,
                                          int64_t block) {
  return philox({{static_cast<uint32_t>(step), static_cast<uint32_t>(row), site,
                  static_cast<uint32_t>(block)}},
                static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32));
}

// In [0, 1), a multiple of 2^-24.
TUTTI_PHILOX_INLINE float philox_uniform(uint32_t word) {
  return static_cast<float>(word >> 8) * (1.0f / 16777216.0f);
}

}  // namespace tutti
