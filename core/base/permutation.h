// The order of the rows in an epoch: a keyed bijection of [0, n), computed for one index at a time.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace tutti {

// A pure function of (seed, epoch, n). A Feistel network over Z_a x Z_b with a b >= n, a near
// sqrt(n), walked along its cycle until it falls below n (Black and Rogaway, "Ciphers with
// arbitrary finite domains", CT-RSA 2002); fewer than a values lie beyond n, so a walk is rare.
class Permutation {
 public:
  // Part of what a result depends on: a change to the order of rows changes it.
  static constexpr int kVersion = 1;

  Permutation(uint64_t seed, int64_t epoch, int64_t n);  // n in [0, 2^40]

  int64_t size() const { return n_; }
  // Where indices first, first + 1, ... in [0, n) go, one for each element of `to`: several at a
  // time, as one index's rounds wait for each other.
  void fill(int64_t first, std::span<int64_t> to) const;
  // Where index i in [0, n) goes, without memory: some tens of nanoseconds.
  int64_t operator[](int64_t i) const {
    uint64_t at = static_cast<uint64_t>(i);
    do at = shuffled(at);
    while (at >= static_cast<uint64_t>(n_));
    return static_cast<int64_t>(at);
  }

 private:
  static constexpr int kRounds = 10;
  static constexpr size_t kTogether = 8;

  // Uniform in [0, bound), bound < 2^32.
  static uint64_t scattered(uint64_t value, uint64_t key, uint64_t bound) {
    uint64_t h = (value ^ key) * 0x9E3779B97F4A7C15u;
    h = (h ^ (h >> 32)) * 0xD6E8FEB86659FD93u;
    h = (h ^ (h >> 32)) * 0xD6E8FEB86659FD93u;
    return ((h >> 32) * bound) >> 32;
  }
  uint64_t shuffled(uint64_t at) const {
    uint64_t left = at / b_, right = at % b_;
    for (int round = 0; round < kRounds; round += 2) {
      left = sum_below(left, scattered(right, keys_[round], a_), a_);
      right = sum_below(right, scattered(left, keys_[round + 1], b_), b_);
    }
    return left * b_ + right;
  }
  // x + y mod bound, of numbers below it. No branch: it would be taken every other time.
  static uint64_t sum_below(uint64_t x, uint64_t y, uint64_t bound) {
    const uint64_t sum = x + y, less = sum - bound;
    return less + (bound & -(less >> 63));
  }

  int64_t n_;
  uint64_t a_ = 1, b_ = 1;
  std::array<uint64_t, kRounds> keys_;
};

}  // namespace tutti
