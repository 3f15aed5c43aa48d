// The order of the rows in an epoch: a keyed bijection of [0, n), computed for one index at a time.
#pragma once

#include <cstdint>
#include <span>

#include "core/base/permutation_rounds.h"

namespace tutti {

// A pure function of (seed, epoch, n). A Feistel network over Z_a x Z_b with a b >= n, a near
// sqrt(n), walked along its cycle until it falls below n (Black and Rogaway, "Ciphers with
// arbitrary finite domains", CT-RSA 2002); fewer than a values lie beyond n, so a walk is rare.
class Permutation {
 public:
  // Part of what a result depends on: a change to the order of rows changes it.
  static constexpr int kVersion = 1;

  Permutation(uint64_t seed, int64_t epoch, int64_t n);  // n in [0, 2^40]

  int64_t size() const { return static_cast<int64_t>(rounds_.n); }
  // Where indices first, first + 1, ... in [0, n) go, one for each element of `to`: several at a
  // time, as one index's rounds wait for each other.
  void fill(int64_t first, std::span<int64_t> to) const;
  // Where index i in [0, n) goes, without memory: some tens of nanoseconds.
  int64_t operator[](int64_t i) const {
    return static_cast<int64_t>(permuted(rounds_, static_cast<uint64_t>(i)));
  }
  // What computes it, of which the keys alone depend on seed and epoch.
  const PermutationRounds& rounds() const { return rounds_; }

 private:
  static constexpr size_t kTogether = 8;

  PermutationRounds rounds_;
};

}  // namespace tutti
