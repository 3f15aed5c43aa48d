#include "core/base/permutation.h"

#include "core/base/error.h"
#include "core/base/philox.h"
#include "core/base/shape.h"

namespace tutti {

Permutation::Permutation(uint64_t seed, int64_t epoch, int64_t n) : n_(n) {
  if (n < 0 || n > kMaxElements) fail("permutation", "{} rows cannot be ordered; use 0 to 2^40", n);
  const uint64_t size = static_cast<uint64_t>(n);
  while (a_ * a_ < size) a_ *= 2;  // then down to the smallest a with a * a >= n
  for (uint64_t step = a_ / 2; step > 0; step /= 2)
    if ((a_ - step) * (a_ - step) >= size) a_ -= step;
  b_ = size == 0 ? 1 : (size + a_ - 1) / a_;
  const uint64_t when = static_cast<uint64_t>(epoch);
  for (int i = 0; i < kRounds; ++i) {
    // The last counter word keeps these apart from the draws of a step.
    const PhiloxBlock block =
        philox({{static_cast<uint32_t>(i), static_cast<uint32_t>(when),
                 static_cast<uint32_t>(when >> 32), 0x7065726du}},
               static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32));
    keys_[static_cast<size_t>(i)] = uint64_t{block.word[0]} << 32 | block.word[1];
  }
}

void Permutation::fill(int64_t first, std::span<int64_t> to) const {
  size_t done = 0;
  uint64_t next_left = static_cast<uint64_t>(first) / b_;
  uint64_t next_right = static_cast<uint64_t>(first) % b_;
  for (; done + kTogether <= to.size(); done += kTogether) {
    uint64_t left[kTogether], right[kTogether];
    for (size_t k = 0; k < kTogether; ++k) {
      left[k] = next_left, right[k] = next_right;
      if (++next_right == b_) next_right = 0, ++next_left;
    }
    for (int round = 0; round < kRounds; round += 2) {
      for (size_t k = 0; k < kTogether; ++k)
        left[k] = sum_below(left[k], scattered(right[k], keys_[round], a_), a_);
      for (size_t k = 0; k < kTogether; ++k)
        right[k] = sum_below(right[k], scattered(left[k], keys_[round + 1], b_), b_);
    }
    for (size_t k = 0; k < kTogether; ++k) {
      const auto at = static_cast<int64_t>(left[k] * b_ + right[k]);
      to[done + k] = at < n_ ? at : (*this)[at];  // rare: the walk goes on
    }
  }
  for (; done < to.size(); ++done) to[done] = (*this)[first + static_cast<int64_t>(done)];
}

}  // namespace tutti
