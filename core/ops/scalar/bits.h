// The ground that our scalar math stands on: bit patterns, multiply-add and rounding, for float and
// double, without a library. Everything is branch-free, so that loops over it vectorize.
//
// The same headers are compiled per instruction set on CPU and as CUDA device code. They include
// nothing: NVRTC (run with -default-device) has no standard headers. TUTTI_SCALAR_NAMESPACE keeps
// the copies apart.
#pragma once

#ifndef TUTTI_SCALAR_NAMESPACE
#define TUTTI_SCALAR_NAMESPACE tutti::scalar
#endif

#if defined(__CUDACC__)
#define TUTTI_SCALAR static __device__ __forceinline__
#define TUTTI_UNROLL _Pragma("unroll")
#else
#define TUTTI_UNROLL _Pragma("GCC unroll 32")
#define TUTTI_SCALAR static inline __attribute__((always_inline))
#endif

namespace TUTTI_SCALAR_NAMESPACE {

using u32 = unsigned int;
using i32 = int;
using u64 = unsigned long long;
using i64 = long long;

#if defined(__CUDACC__)
TUTTI_SCALAR u32 to_bits(float x) { return __float_as_uint(x); }
TUTTI_SCALAR u64 to_bits(double x) { return static_cast<u64>(__double_as_longlong(x)); }
TUTTI_SCALAR float from_bits(u32 bits) { return __uint_as_float(bits); }
TUTTI_SCALAR double from_bits(u64 bits) { return __longlong_as_double(static_cast<i64>(bits)); }
TUTTI_SCALAR float mul_add(float a, float b, float c) { return __fmaf_rn(a, b, c); }
TUTTI_SCALAR double mul_add(double a, double b, double c) { return __fma_rn(a, b, c); }
TUTTI_SCALAR float square_root(float x) { return __fsqrt_rn(x); }
TUTTI_SCALAR double square_root(double x) { return __dsqrt_rn(x); }
TUTTI_SCALAR float remainder_of(float x, float y) { return fmodf(x, y); }
TUTTI_SCALAR double remainder_of(double x, double y) { return fmod(x, y); }
#else
TUTTI_SCALAR u32 to_bits(float x) { return __builtin_bit_cast(u32, x); }
TUTTI_SCALAR u64 to_bits(double x) { return __builtin_bit_cast(u64, x); }
TUTTI_SCALAR float from_bits(u32 bits) { return __builtin_bit_cast(float, bits); }
TUTTI_SCALAR double from_bits(u64 bits) { return __builtin_bit_cast(double, bits); }
// a * b + c: rounded once where the instruction set has FMA, twice where it has not.
#if defined(__FMA__)
TUTTI_SCALAR float mul_add(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
TUTTI_SCALAR double mul_add(double a, double b, double c) { return __builtin_fma(a, b, c); }
#else
TUTTI_SCALAR float mul_add(float a, float b, float c) { return a * b + c; }
TUTTI_SCALAR double mul_add(double a, double b, double c) { return a * b + c; }
#endif
TUTTI_SCALAR float square_root(float x) { return __builtin_sqrtf(x); }
TUTTI_SCALAR double square_root(double x) { return __builtin_sqrt(x); }
// The remainder of a division towards zero: exact, hence equal in every C library.
TUTTI_SCALAR float remainder_of(float x, float y) { return __builtin_fmodf(x, y); }
TUTTI_SCALAR double remainder_of(double x, double y) { return __builtin_fmod(x, y); }
#endif

template <class T>
struct Format;
template <>
struct Format<float> {
  static constexpr float largest = 0x1.fffffep127f;
  static constexpr float smallest_normal = 0x1p-126f;
  static constexpr float integers_from = 0x1p23f;  // every larger float is an integer
  static constexpr u32 sign = 0x80000000u;
  static constexpr u32 infinity = 0x7f800000u;
  static constexpr u32 nan = 0x7fc00000u;
};
template <>
struct Format<double> {
  static constexpr double largest = 0x1.fffffffffffffp1023;
  static constexpr double smallest_normal = 0x1p-1022;
  static constexpr double integers_from = 0x1p52;
  static constexpr u64 sign = 0x8000000000000000u;
  static constexpr u64 infinity = 0x7ff0000000000000u;
  static constexpr u64 nan = 0x7ff8000000000000u;
};

template <class T>
TUTTI_SCALAR T infinity_of() {
  return from_bits(Format<T>::infinity);
}
template <class T>
TUTTI_SCALAR T nan_of() {
  return from_bits(Format<T>::nan);
}

TUTTI_SCALAR float absolute(float x) { return from_bits(to_bits(x) & ~Format<float>::sign); }
TUTTI_SCALAR double absolute(double x) { return from_bits(to_bits(x) & ~Format<double>::sign); }
template <class T>
TUTTI_SCALAR T absolute(T x) {
  return x < T(0) ? static_cast<T>(T(0) - x) : x;
}

template <class T>
TUTTI_SCALAR T copy_sign(T magnitude, T sign) {
  return from_bits((to_bits(magnitude) & ~Format<T>::sign) | (to_bits(sign) & Format<T>::sign));
}

template <class T>
TUTTI_SCALAR bool is_finite_value(T x) {
  return absolute(x) <= Format<T>::largest;
}

// Halves to even. Adding and taking away the first power of two above which floats are integers
// leaves the rounding to the processor.
template <class T>
TUTTI_SCALAR T round_even(T x) {
  const T magnitude = absolute(x);
  const T rounded = (magnitude + Format<T>::integers_from) - Format<T>::integers_from;
  return magnitude < Format<T>::integers_from ? copy_sign(rounded, x) : x;
}

template <class T>
TUTTI_SCALAR T floor_of(T x) {
  const T rounded = round_even(x);
  return rounded > x ? rounded - T(1) : rounded;
}

template <class T>
TUTTI_SCALAR T ceil_of(T x) {
  const T rounded = round_even(x);
  return copy_sign(rounded < x ? rounded + T(1) : rounded, x);
}

// c[0] + x c[1] + x^2 c[2] + ...
template <class T, int count>
TUTTI_SCALAR T polynomial(T x, const T (&c)[count]) {
  T sum = c[count - 1];
  TUTTI_UNROLL
  for (int i = count - 2; i >= 0; --i) sum = mul_add(sum, x, c[i]);
  return sum;
}

}  // namespace TUTTI_SCALAR_NAMESPACE
