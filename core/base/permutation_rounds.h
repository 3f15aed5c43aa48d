// The arithmetic of Permutation (core/base/permutation.h), for the CPU and for CUDA: like philox.h
// without library includes, and always inlined.
#pragma once

#include "core/base/philox.h"

namespace tutti {

constexpr int kPermutationRounds = 10;

// A Feistel network over Z_a x Z_b, walked along its cycle until it falls below n.
struct PermutationRounds {
  uint64_t n, a, b;
  uint64_t keys[kPermutationRounds];
};

TUTTI_PHILOX_INLINE uint64_t permutation_key(uint64_t seed, int64_t epoch, int round) {
  const uint64_t when = static_cast<uint64_t>(epoch);
  // The last counter word keeps these apart from the draws of a step.
  const PhiloxBlock block = philox({{static_cast<uint32_t>(round), static_cast<uint32_t>(when),
                                     static_cast<uint32_t>(when >> 32), 0x7065726du}},
                                   static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32));
  return uint64_t{block.word[0]} << 32 | block.word[1];
}

// Uniform in [0, bound), bound < 2^32.
TUTTI_PHILOX_INLINE uint64_t scattered_below(uint64_t value, uint64_t key, uint64_t bound) {
  uint64_t h = (value ^ key) * 0x9E3779B97F4A7C15u;
  h = (h ^ (h >> 32)) * 0xD6E8FEB86659FD93u;
  h = (h ^ (h >> 32)) * 0xD6E8FEB86659FD93u;
  return ((h >> 32) * bound) >> 32;
}
// x + y mod bound, of numbers below it. No branch: it would be taken every other time.
TUTTI_PHILOX_INLINE uint64_t sum_below(uint64_t x, uint64_t y, uint64_t bound) {
  const uint64_t sum = x + y, less = sum - bound;
  return less + (bound & -(less >> 63));
}

// Where index i in [0, n) goes.
TUTTI_PHILOX_INLINE uint64_t permuted(const PermutationRounds& p, uint64_t i) {
  uint64_t at = i;
  do {
    uint64_t left = at / p.b, right = at % p.b;
    for (int round = 0; round < kPermutationRounds; round += 2) {
      left = sum_below(left, scattered_below(right, p.keys[round], p.a), p.a);
      right = sum_below(right, scattered_below(left, p.keys[round + 1], p.b), p.b);
    }
    at = left * p.b + right;
  } while (at >= p.n);
  return at;
}

}  // namespace tutti
