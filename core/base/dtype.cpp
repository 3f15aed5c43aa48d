#include "core/base/dtype.h"

#include <array>
#include <bit>
#include <string>
#include <vector>

#include "core/base/error.h"

namespace tutti {
namespace {

struct Info {
  DType dtype;
  std::string_view name;
  size_t size;
  int rank;  // promotion order
};
constexpr std::array<Info, 10> kInfo = {{{DType::f32, "float32", 4, 7},
                                         {DType::f64, "float64", 8, 8},
                                         {DType::i32, "int32", 4, 3},
                                         {DType::i64, "int64", 8, 4},
                                         {DType::u8, "uint8", 1, 2},
                                         {DType::bool_, "bool", 1, 0},
                                         {DType::bf16, "bfloat16", 2, 5},
                                         {DType::f16, "float16", 2, 6},
                                         {DType::i8, "int8", 1, 1},
                                         {DType::string, "string", sizeof(std::string_view), 9}}};

const Info& info(DType dtype) { return kInfo[static_cast<size_t>(dtype)]; }

}  // namespace

size_t size_of(DType dtype) { return info(dtype).size; }
std::string_view name_of(DType dtype) { return info(dtype).name; }
bool is_floating(DType dtype) { return info(dtype).rank >= 5 && dtype != DType::string; }
bool is_half(DType dtype) { return dtype == DType::bf16 || dtype == DType::f16; }

DType parse_dtype(std::string_view name) {
  std::vector<std::string> known;
  for (const auto& entry : kInfo) {
    if (entry.name == name) return entry.dtype;
    known.emplace_back(entry.name);
  }
  fail("dtype", "unknown dtype '{}'{}", name, did_you_mean(name, known));
}

DType promote(DType a, DType b) {
  const auto are = [&](DType x, DType y) { return (a == x && b == y) || (a == y && b == x); };
  if (are(DType::bf16, DType::f16)) return DType::f32;
  if (are(DType::i8, DType::u8)) return DType::i32;  // which holds both
  return info(a).rank >= info(b).rank ? a : b;
}

BFloat16 to_bf16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return {static_cast<uint16_t>((bits >> 16) | 0x40)};
  return {static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1)) >> 16)};
}

float from_bf16(BFloat16 value) { return std::bit_cast<float>(uint32_t{value.bits} << 16); }

Float16 to_f16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint16_t sign = static_cast<uint16_t>((bits >> 16) & 0x8000);
  const uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return {static_cast<uint16_t>(sign | 0x7e00)};
  if (magnitude >= 0x477ff000) return {static_cast<uint16_t>(sign | 0x7c00)};  // rounds past 65504
  if (magnitude < 0x33000001) return {sign};  // at most half the smallest subnormal
  const int exponent = static_cast<int>(magnitude >> 23);
  const uint32_t mantissa = (magnitude & 0x7fffff) | 0x800000;
  const int shift = exponent < 113 ? 126 - exponent : 13;  // subnormals lose more bits
  uint32_t half = mantissa >> shift;
  const uint32_t rest = mantissa & ((1u << shift) - 1), middle = 1u << (shift - 1);
  if (rest > middle || (rest == middle && (half & 1))) ++half;
  if (exponent >= 113) half += static_cast<uint32_t>(exponent - 113) << 10;
  return {static_cast<uint16_t>(sign | half)};
}

float from_f16(Float16 value) {
  const uint32_t sign = uint32_t{value.bits & 0x8000u} << 16;
  const uint32_t exponent = (value.bits >> 10) & 0x1f, mantissa = value.bits & 0x3ff;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000 | (mantissa << 13));
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return std::bit_cast<float>(std::bit_cast<uint32_t>(magnitude) | sign);
  }
  return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
}

}  // namespace tutti
