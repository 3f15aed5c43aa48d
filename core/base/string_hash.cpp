#include "core/base/string_hash.h"

#include <bit>
#include <cstring>
#include <utility>

namespace tutti {
namespace {

constexpr uint64_t k0 = 0xc3a5c85c97cb3127, k1 = 0xb492b66fbe98f273, k2 = 0x9ae16a3b2f90404f;

uint64_t fetch64(const char* at) {
  uint64_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}
uint64_t fetch32(const char* at) {
  uint32_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}
uint64_t rotated(uint64_t value, int right) { return std::rotr(value, right); }
uint64_t shift_mixed(uint64_t value) { return value ^ (value >> 47); }

uint64_t hashed16(uint64_t u, uint64_t v, uint64_t factor) {
  const uint64_t a = shift_mixed((u ^ v) * factor);
  return shift_mixed((v ^ a) * factor) * factor;
}

uint64_t hashed_to16(const char* s, size_t size) {
  const uint64_t factor = k2 + size * 2;
  if (size >= 8) {
    const uint64_t a = fetch64(s) + k2, b = fetch64(s + size - 8);
    const uint64_t c = rotated(b, 37) * factor + a, d = (rotated(a, 25) + b) * factor;
    return hashed16(c, d, factor);
  }
  if (size >= 4) return hashed16(size + (fetch32(s) << 3), fetch32(s + size - 4), factor);
  if (size == 0) return k2;
  const auto byte = [&](size_t at) { return static_cast<uint32_t>(static_cast<uint8_t>(s[at])); };
  const uint32_t y = byte(0) + (byte(size >> 1) << 8);
  const uint32_t z = static_cast<uint32_t>(size) + (byte(size - 1) << 2);
  return shift_mixed(y * k2 ^ z * k0) * k2;
}

uint64_t hashed_to32(const char* s, size_t size) {
  const uint64_t factor = k2 + size * 2;
  const uint64_t a = fetch64(s) * k1, b = fetch64(s + 8), c = fetch64(s + size - 8) * factor,
                 d = fetch64(s + size - 16) * k2;
  return hashed16(rotated(a + b, 43) + rotated(c, 30) + d, a + rotated(b + k2, 18) + c, factor);
}

uint64_t hashed_to64(const char* s, size_t size) {
  const uint64_t factor = k2 + size * 2;
  const uint64_t a = fetch64(s) * k2, b = fetch64(s + 8), c = fetch64(s + size - 8) * factor,
                 d = fetch64(s + size - 16) * k2;
  const uint64_t y = rotated(a + b, 43) + rotated(c, 30) + d;
  const uint64_t z = hashed16(y, a + rotated(b + k2, 18) + c, factor);
  const uint64_t e = fetch64(s + 16) * factor, f = fetch64(s + 24);
  const uint64_t g = (y + fetch64(s + size - 32)) * factor,
                 h = (z + fetch64(s + size - 24)) * factor;
  return hashed16(rotated(e + f, 43) + rotated(g, 30) + h, e + rotated(f + a, 18) + g, factor);
}

using Pair = std::pair<uint64_t, uint64_t>;

Pair weakly_hashed32(const char* s, uint64_t a, uint64_t b) {
  const uint64_t w = fetch64(s), x = fetch64(s + 8), y = fetch64(s + 16), z = fetch64(s + 24);
  a += w;
  b = rotated(b + a + z, 21);
  const uint64_t c = a;
  a += x + y;
  b += rotated(a, 44);
  return {a + z, b + c};
}

// The state of a long text, which takes 64 bytes at a time.
struct LongState {
  uint64_t x = 81, y = 81 * k1 + 113, z = shift_mixed((81 * k1 + 113) * k2 + 113) * k2;
  Pair v{0, 0}, w{0, 0};

  // `last` 1 but for the last bytes.
  void take(const char* s, uint64_t factor, uint64_t last) {
    x = rotated(x + y + v.first + fetch64(s + 8), 37) * factor;
    y = rotated(y + v.second + fetch64(s + 48), 42) * factor;
    x ^= w.second * last;
    y += v.first * last + fetch64(s + 40);
    z = rotated(z + w.first, 33) * factor;
    v = weakly_hashed32(s, v.second * factor, x + w.first);
    w = weakly_hashed32(s + 32, z + w.second, y + fetch64(s + 16));
    std::swap(z, x);
  }
};

uint64_t hashed_long(const char* s, size_t size) {
  LongState state;
  state.x = state.x * k2 + fetch64(s);
  const char* end = s + (size - 1) / 64 * 64;
  const char* last = s + size - 64;
  for (; s != end; s += 64) state.take(s, k1, 1);
  const uint64_t factor = k1 + ((state.z & 0xff) << 1);
  state.w.first += (size - 1) & 63;
  state.v.first += state.w.first;
  state.w.first += state.v.first;
  state.take(last, factor, 9);
  const auto& [x, y, z, v, w] = state;
  return hashed16(hashed16(v.first, w.first, factor) + shift_mixed(y) * k0 + z,
                  hashed16(v.second, w.second, factor) + x, factor);
}

struct SipState {
  uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1, v1 = std::rotl(v1, 13) ^ v0, v0 = std::rotl(v0, 32);
    v2 += v3, v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3, v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1, v1 = std::rotl(v1, 17) ^ v2, v2 = std::rotl(v2, 32);
  }
  void take(uint64_t word) {
    v3 ^= word;
    round(), round();
    v0 ^= word;
  }
};

}  // namespace

uint64_t farm_hash64(std::string_view text) {
  const char* s = text.data();
  if (text.size() <= 16) return hashed_to16(s, text.size());
  if (text.size() <= 32) return hashed_to32(s, text.size());
  if (text.size() <= 64) return hashed_to64(s, text.size());
  return hashed_long(s, text.size());
}

uint64_t combined_fingerprint(uint64_t first, uint64_t second) {
  constexpr uint64_t kFactor = 0xc6a4a7935bd1e995;
  uint64_t result = first ^ kFactor;
  result ^= shift_mixed(second * kFactor) * kFactor;
  result *= kFactor;
  result = shift_mixed(result) * kFactor;
  return shift_mixed(result);
}

uint64_t sip_hash64(std::string_view text, uint64_t key0, uint64_t key1) {
  SipState state{key0 ^ 0x736f6d6570736575, key1 ^ 0x646f72616e646f6d, key0 ^ 0x6c7967656e657261,
                 key1 ^ 0x7465646279746573};
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) state.take(fetch64(text.data() + at));
  uint64_t rest = static_cast<uint64_t>(text.size()) << 56;
  for (size_t i = at; i < text.size(); ++i)
    rest |= static_cast<uint64_t>(static_cast<uint8_t>(text[i])) << (8 * (i - at));
  state.take(rest);
  state.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace tutti
