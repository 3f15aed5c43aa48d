// What reading and writing HDF5 share.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/base/dtype.h"

namespace tutti::hdf5 {

inline constexpr std::string_view kSignature{"\x89HDF\r\n\x1a\n", 8};
inline constexpr uint64_t kNowhere = ~uint64_t{0};  // the undefined address

// Types of header messages.
enum Message : uint16_t {
  kNil = 0x00,
  kDataspace = 0x01,
  kLinkInfo = 0x02,
  kDatatype = 0x03,
  kOldFill = 0x04,
  kFill = 0x05,
  kLink = 0x06,
  kExternalFiles = 0x07,
  kLayout = 0x08,
  kGroupInfo = 0x0A,
  kFilters = 0x0B,
  kAttribute = 0x0C,
  kComment = 0x0D,
  kOldTime = 0x0E,
  kContinuation = 0x10,
  kSymbolTable = 0x11,
  kTime = 0x12,
  kAttributeInfo = 0x15,
  kReferenceCount = 0x16,
};

// How a floating type lies in its bytes.
struct FloatLayout {
  DType dtype;
  uint8_t sign, exponent_at, exponent_bits, mantissa_bits;
  uint32_t bias;
};
inline constexpr std::array<FloatLayout, 4> kFloatLayouts = {{
    {DType::f32, 31, 23, 8, 23, 127},
    {DType::f64, 63, 52, 11, 52, 1023},
    {DType::f16, 15, 10, 5, 10, 15},
    {DType::bf16, 15, 7, 8, 7, 127},
}};

// The checksum of headers: lookup3 (Bob Jenkins, public domain), hashlittle with an initial 0.
inline uint32_t checksum(std::string_view bytes) {
  const auto rotate = [](uint32_t x, int k) { return (x << k) | (x >> (32 - k)); };
  uint32_t a = 0xdeadbeef + static_cast<uint32_t>(bytes.size()), b = a, c = a;
  size_t at = 0, left = bytes.size();
  const auto word = [&](size_t from) {
    uint32_t value = 0;
    for (size_t i = 0; i < 4 && from + i < bytes.size(); ++i)
      value |= uint32_t{static_cast<unsigned char>(bytes[from + i])} << (8 * i);
    return value;
  };
  for (; left > 12; left -= 12, at += 12) {
    a += word(at), b += word(at + 4), c += word(at + 8);
    a -= c, a ^= rotate(c, 4), c += b;
    b -= a, b ^= rotate(a, 6), a += c;
    c -= b, c ^= rotate(b, 8), b += a;
    a -= c, a ^= rotate(c, 16), c += b;
    b -= a, b ^= rotate(a, 19), a += c;
    c -= b, c ^= rotate(b, 4), b += a;
  }
  if (left == 0) return c;
  a += word(at), b += word(at + 4), c += word(at + 8);
  c ^= b, c -= rotate(b, 14);
  a ^= c, a -= rotate(c, 11);
  b ^= a, b -= rotate(a, 25);
  c ^= b, c -= rotate(b, 16);
  a ^= c, a -= rotate(c, 4);
  b ^= a, b -= rotate(a, 14);
  c ^= b, c -= rotate(b, 24);
  return c;
}

}  // namespace tutti::hdf5
