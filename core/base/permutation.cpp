#include "core/base/permutation.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/shape.h"

namespace tutti {

Permutation::Permutation(uint64_t seed, int64_t epoch, int64_t n) {
  if (n < 0 || n > kMaxElements) fail("permutation", "{} rows cannot be ordered; use 0 to 2^40", n);
  const uint64_t size = static_cast<uint64_t>(n);
  uint64_t a = 1;
  while (a * a < size) a *= 2;  // then down to the smallest a with a * a >= n
  for (uint64_t step = a / 2; step > 0; step /= 2)
    if ((a - step) * (a - step) >= size) a -= step;
  rounds_.n = size;
  rounds_.a = a;
  rounds_.b = size == 0 ? 1 : (size + a - 1) / a;
  for (int i = 0; i < kPermutationRounds; ++i) rounds_.keys[i] = permutation_key(seed, epoch, i);
}

void Permutation::fill(int64_t first, std::span<int64_t> to) const {
  const uint64_t a = rounds_.a, b = rounds_.b;
  const uint64_t* keys = rounds_.keys;
  uint64_t next_left = static_cast<uint64_t>(first) / b;
  uint64_t next_right = static_cast<uint64_t>(first) % b;
  for (size_t done = 0; done < to.size(); done += kTogether) {
    uint64_t left[kTogether], right[kTogether];
    for (size_t k = 0; k < kTogether; ++k) {
      left[k] = next_left, right[k] = next_right;
      if (++next_right == b) next_right = 0, ++next_left;
    }
    for (int round = 0; round < kPermutationRounds; round += 2) {
      for (size_t k = 0; k < kTogether; ++k)
        left[k] = sum_below(left[k], scattered_below(right[k], keys[round], a), a);
      for (size_t k = 0; k < kTogether; ++k)
        right[k] = sum_below(right[k], scattered_below(left[k], keys[round + 1], b), b);
    }
    for (size_t k = 0; k < std::min(kTogether, to.size() - done); ++k) {
      const auto at = static_cast<int64_t>(left[k] * b + right[k]);
      to[done + k] = at < size() ? at : (*this)[at];  // rare: the walk goes on
    }
  }
}

}  // namespace tutti
