#include "core/base/numpy_random.h"

#include <numeric>

#include "core/base/error.h"

namespace tutti {

NumpyRandomState::NumpyRandomState(uint32_t seed) : position_(624) {
  for (uint32_t i = 0; i < state_.size(); ++i) {
    state_[i] = seed;
    seed = 1812433253u * (seed ^ (seed >> 30)) + i + 1;
  }
}

void NumpyRandomState::twist() {
  const size_t n = state_.size();
  for (size_t i = 0; i < n; ++i) {
    const uint32_t joined = (state_[i] & 0x80000000u) | (state_[(i + 1) % n] & 0x7fffffffu);
    state_[i] = state_[(i + 397) % n] ^ (joined >> 1) ^ (joined & 1 ? 0x9908b0dfu : 0);
  }
  position_ = 0;
}

uint32_t NumpyRandomState::next() {
  if (position_ == state_.size()) twist();
  uint32_t y = state_[position_++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

uint64_t NumpyRandomState::interval(uint64_t largest) {
  if (largest == 0) return 0;
  uint64_t mask = largest;
  for (int shift = 1; shift < 64; shift *= 2) mask |= mask >> shift;
  for (;;) {
    uint64_t value = next();
    if (largest > 0xffffffffu) value = value << 32 | next();
    if ((value & mask) <= largest) return value & mask;
  }
}

double NumpyRandomState::uniform() {
  const uint32_t high = next() >> 5, low = next() >> 6;
  return (high * 67108864.0 + low) / 9007199254740992.0;
}

std::vector<int64_t> NumpyRandomState::permutation(int64_t n) {
  if (n < 0) fail("random_state", "a permutation of {} rows does not exist; use 0 or more", n);
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  shuffle(order);
  return order;
}

}  // namespace tutti
