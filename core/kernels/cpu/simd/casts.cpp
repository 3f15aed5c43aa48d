// Conversions between all dtypes, for one instruction set. Floats go to integers towards zero,
// clamped to the integer's range, NaN to 0; integers wrap; the half types are rounded to nearest
// even.
#include <cstdint>

#include "core/kernels/cpu/simd/block_function.h"

namespace tutti::cpu::TUTTI_ISA {

struct Bf16 {
  uint16_t bits;
};
struct F16 {
  uint16_t bits;
};

template <class T>
static inline constexpr bool is_float = false;
template <>
constexpr bool is_float<float> = true;
template <>
constexpr bool is_float<double> = true;
template <class A, class B>
static inline constexpr bool is_same = false;
template <class A>
constexpr bool is_same<A, A> = true;

#define TUTTI_INLINE static inline __attribute__((always_inline))

TUTTI_INLINE float widen(Bf16 x) { return __builtin_bit_cast(float, uint32_t{x.bits} << 16); }
TUTTI_INLINE float widen(F16 x) {
  const uint32_t sign = uint32_t{x.bits & 0x8000u} << 16;
  const uint32_t magnitude = x.bits & 0x7fffu;
  // The exponents' biases differ by 112; infinities need as much again.
  const uint32_t above = magnitude >= 0x7c00u ? 224u << 23 : 112u << 23;
  const uint32_t normal = (magnitude << 13) + above;
  const float subnormal = static_cast<float>(static_cast<int32_t>(magnitude)) * 0x1p-24f;
  const uint32_t bits = magnitude < 0x400u ? __builtin_bit_cast(uint32_t, subnormal) : normal;
  return __builtin_bit_cast(float, bits | sign);
}
template <class T>
TUTTI_INLINE T widen(T x) {
  return x;
}

TUTTI_INLINE Bf16 narrow_bf16(float x) {
  const uint32_t bits = __builtin_bit_cast(uint32_t, x);
  const uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const bool nan = (bits & 0x7fffffffu) > 0x7f800000u;
  return {static_cast<uint16_t>(nan ? (bits >> 16) | 0x40u : rounded)};
}
TUTTI_INLINE F16 narrow_f16(float x) {
  const uint32_t bits = __builtin_bit_cast(uint32_t, x);
  const uint32_t sign = (bits >> 16) & 0x8000u, magnitude = bits & 0x7fffffffu;
  const uint32_t normal = (magnitude - (112u << 23) + 0xfffu + ((magnitude >> 13) & 1u)) >> 13;
  // Adding 1/2 aligns a subnormal half's last bit with the float's, and rounds there.
  const float aligned = __builtin_bit_cast(float, magnitude) + 0.5f;
  const uint32_t subnormal = __builtin_bit_cast(uint32_t, aligned) - 0x3f000000u;
  uint32_t half = magnitude < 0x38800000u ? subnormal : normal;
  half = magnitude >= 0x477ff000u ? 0x7c00u : half;
  half = magnitude > 0x7f800000u ? 0x7e00u : half;
  return {static_cast<uint16_t>(half | sign)};
}

// [low, end) is what To holds; both are powers of two or 0, exact in every float.
template <class To, class From>
TUTTI_INLINE To truncate(From x) {
  constexpr bool has_sign = static_cast<To>(-1) < To(0);
  constexpr int bits = static_cast<int>(sizeof(To)) * 8 - (has_sign ? 1 : 0);
  constexpr From half_end = static_cast<From>(uint64_t{1} << (bits - 1)), end = half_end * From(2);
  constexpr From low = has_sign ? -end : From(0);
  constexpr To highest = static_cast<To>((uint64_t{1} << (bits - 1)) * 2 - 1);
  constexpr To lowest = has_sign ? static_cast<To>(-highest - 1) : To(0);
  const From bounded = x >= low && x < end ? x : From(0);
  const To inside = static_cast<To>(bounded);
  const To above = x >= end ? highest : inside;
  return x < low ? lowest : above;
}

template <class To, class From>
TUTTI_INLINE void convert(From x, To& y) {
  if constexpr (is_float<From> && !is_float<To>)
    y = truncate<To>(x);
  else
    y = static_cast<To>(x);
}
template <class From>
TUTTI_INLINE void convert(From x, bool& y) {
  y = x != From(0);
}
template <class From>
TUTTI_INLINE void convert(From x, Bf16& y) {
  y = narrow_bf16(static_cast<float>(x));
}
template <class From>
TUTTI_INLINE void convert(From x, F16& y) {
  y = narrow_f16(static_cast<float>(x));
}

template <class From, class To>
static void cast_block(const void* a, const void*, const void*, void* result, int64_t count) {
  const From* x = static_cast<const From*>(a);
  To* y = static_cast<To*>(result);
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) convert(widen(x[i]), y[i]);
}

// The same dtype: the bits as they are.
template <class T>
static void copy_block(const void* a, const void*, const void*, void* result, int64_t count) {
  const T* x = static_cast<const T*>(a);
  T* y = static_cast<T*>(result);
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) y[i] = x[i];
}

template <class From, class To>
static consteval BlockFunction cast_of() {
  if constexpr (is_same<From, To>)
    return &copy_block<From>;
  else
    return &cast_block<From, To>;
}

#define TUTTI_CASTS_FROM(From)                                                     \
  {                                                                                \
    cast_of<From, float>(), cast_of<From, double>(), cast_of<From, int32_t>(),     \
        cast_of<From, int64_t>(), cast_of<From, uint8_t>(), cast_of<From, bool>(), \
        cast_of<From, Bf16>(), cast_of<From, F16>(), cast_of<From, int8_t>()       \
  }

constinit const CastTable casts = {
    {TUTTI_CASTS_FROM(float), TUTTI_CASTS_FROM(double), TUTTI_CASTS_FROM(int32_t),
     TUTTI_CASTS_FROM(int64_t), TUTTI_CASTS_FROM(uint8_t), TUTTI_CASTS_FROM(bool),
     TUTTI_CASTS_FROM(Bf16), TUTTI_CASTS_FROM(F16), TUTTI_CASTS_FROM(int8_t)}};

}  // namespace tutti::cpu::TUTTI_ISA
