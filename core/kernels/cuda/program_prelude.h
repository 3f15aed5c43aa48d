// What a fused program begins with on CUDA: storage types, and conversions between all dtypes.
// Floats go to integers towards zero, clamped to the integer's range, NaN to 0; integers wrap; the
// half types are rounded to nearest even. Compiled at run time, hence without a library.
#pragma once

#include "core/ops/elementwise_op.h"

namespace TUTTI_SCALAR_NAMESPACE {

using u8 = unsigned char;
using i8 = signed char;
using u16 = unsigned short;
struct Bf16 {
  u16 bits;
};
struct F16 {
  u16 bits;
};

template <class T>
struct IsFloat {
  static constexpr bool value = false;
};
template <>
struct IsFloat<float> {
  static constexpr bool value = true;
};
template <>
struct IsFloat<double> {
  static constexpr bool value = true;
};

TUTTI_SCALAR float widen(Bf16 x) { return from_bits(static_cast<u32>(x.bits) << 16); }
TUTTI_SCALAR float widen(F16 x) {
  const u32 sign = static_cast<u32>(x.bits & 0x8000u) << 16, magnitude = x.bits & 0x7fffu;
  // The exponents' biases differ by 112; infinities need as much again.
  const u32 above = magnitude >= 0x7c00u ? 224u << 23 : 112u << 23;
  const float subnormal = static_cast<float>(magnitude) * 0x1p-24f;
  return from_bits((magnitude < 0x400u ? to_bits(subnormal) : (magnitude << 13) + above) | sign);
}
template <class T>
TUTTI_SCALAR T widen(T x) {
  return x;
}

TUTTI_SCALAR Bf16 narrow_bf16(float x) {
  const u32 bits = to_bits(x), rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const bool nan = (bits & 0x7fffffffu) > 0x7f800000u;
  return {static_cast<u16>(nan ? (bits >> 16) | 0x40u : rounded)};
}
TUTTI_SCALAR F16 narrow_f16(float x) {
  const u32 bits = to_bits(x), sign = (bits >> 16) & 0x8000u, magnitude = bits & 0x7fffffffu;
  const u32 normal = (magnitude - (112u << 23) + 0xfffu + ((magnitude >> 13) & 1u)) >> 13;
  // Adding 1/2 aligns a subnormal half's last bit with the float's, and rounds there.
  const u32 subnormal = to_bits(from_bits(magnitude) + 0.5f) - 0x3f000000u;
  u32 half = magnitude < 0x38800000u ? subnormal : normal;
  half = magnitude >= 0x477ff000u ? 0x7c00u : half;
  half = magnitude > 0x7f800000u ? 0x7e00u : half;
  return {static_cast<u16>(half | sign)};
}

// [low, end) is what To holds; both are powers of two or 0, exact in every float.
template <class To, class From>
TUTTI_SCALAR To truncate(From x) {
  constexpr bool has_sign = static_cast<To>(-1) < To(0);
  constexpr int bits = static_cast<int>(sizeof(To)) * 8 - (has_sign ? 1 : 0);
  constexpr From half_end = static_cast<From>(u64{1} << (bits - 1)), end = half_end * From(2);
  constexpr From low = has_sign ? -end : From(0);
  constexpr To highest = static_cast<To>((u64{1} << (bits - 1)) * 2 - 1);
  constexpr To lowest = has_sign ? static_cast<To>(-highest - 1) : To(0);
  const To inside = static_cast<To>(x >= low && x < end ? x : From(0));
  return x < low ? lowest : x >= end ? highest : inside;
}

template <class To>
struct Convert {
  template <class From>
  TUTTI_SCALAR To from(From x) {
    if constexpr (IsFloat<From>::value && !IsFloat<To>::value)
      return truncate<To>(x);
    else
      return static_cast<To>(x);
  }
};
template <>
struct Convert<bool> {
  template <class From>
  TUTTI_SCALAR bool from(From x) {
    return x != From(0);
  }
};
template <>
struct Convert<Bf16> {
  template <class From>
  TUTTI_SCALAR Bf16 from(From x) {
    return narrow_bf16(static_cast<float>(x));
  }
};
template <>
struct Convert<F16> {
  template <class From>
  TUTTI_SCALAR F16 from(From x) {
    return narrow_f16(static_cast<float>(x));
  }
};

}  // namespace TUTTI_SCALAR_NAMESPACE
