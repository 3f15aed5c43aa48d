// log and log1p. x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt 2); with s = f / (2 + f),
// log(1 + f) = 2 atanh(s) = f - f^2/2 + s (f^2/2 + R), R a polynomial in s^2 (our own minimax fit).
//
// Within 1 ulp (log) and 2 ulp (log1p). Subnormal arguments of log count as zero. log(0) = -inf,
// negative arguments give NaN.
#pragma once

#include "core/ops/scalar/bits.h"

namespace TUTTI_SCALAR_NAMESPACE {

template <class T>
struct LogFit;
template <>
struct LogFit<float> {
  static constexpr float ln2_high = 0x1.62e4p-1f, ln2_low = 1.42860682031e-6f;
};
template <>
struct LogFit<double> {
  static constexpr double ln2_high = 0x1.62e42fee00000p-1, ln2_low = 0x1.a39ef35793c76p-33;
};

template <class T>
struct LogParts {
  T k;  // an integer
  T f;
};

// For positive normal x; anything else gives some finite parts.
TUTTI_SCALAR LogParts<float> log_parts(float x) {
  const u32 bits = to_bits(x) - 0x3f3504f3u;  // sqrt(1/2)
  const i32 k = static_cast<i32>(bits) >> 23;
  return {static_cast<float>(k), from_bits((bits & 0x7fffffu) + 0x3f3504f3u) - 1.0f};
}
TUTTI_SCALAR LogParts<double> log_parts(double x) {
  const u64 bits = to_bits(x) - 0x3fe6a09e667f3bcdu;
  // k + 1024 in the low bits of 2^52: neither signed shifts nor conversions of 64-bit integers.
  const u64 k = ((bits + (u64{1024} << 52)) >> 52) | 0x4330000000000000u;
  return {from_bits(k) - (0x1p52 + 1024.0),
          from_bits((bits & 0xfffffffffffffu) + 0x3fe6a09e667f3bcdu) - 1.0};
}

// (2 atanh(s) - 2 s) / s^3 as a polynomial in z = s^2.
TUTTI_SCALAR float log_tail(float z) {
  return polynomial(z, {0.666666665f, 0.400001265f, 0.285503151f, 0.233437816f});
}
TUTTI_SCALAR double log_tail(double z) {
  return polynomial(
      z, {0.66666666666666666, 0.40000000000000951, 0.28571428570759102, 0.22222222401628233,
          0.18181794596978089, 0.15386295664612970, 0.13267293038414139, 0.13101928562462219});
}

// log(2^k (1 + f)) + low, low being small.
template <class T>
TUTTI_SCALAR T log_of_parts(const LogParts<T>& parts, T low) {
  const T f = parts.f;
  const T s = f / (T(2) + f);
  const T z = s * s;
  const T half_square = T(0.5) * f * f;
  const T tail =
      mul_add(s, half_square + z * log_tail(z), mul_add(parts.k, LogFit<T>::ln2_low, low));
  return mul_add(parts.k, LogFit<T>::ln2_high, f - (half_square - tail));
}

template <class T>
TUTTI_SCALAR T log_of(T x) {
  const T regular = log_of_parts(log_parts(x), T(0));
  const T tiny = x <= -Format<T>::smallest_normal ? nan_of<T>() : -infinity_of<T>();
  const T bounded = x <= Format<T>::largest ? regular : x;  // infinity and NaN pass
  return x < Format<T>::smallest_normal ? tiny : bounded;
}

template <class T>
TUTTI_SCALAR T log1p_of(T x) {
  const T u = T(1) + x;
  const T x_in_u = u - T(1);
  const T lost = (T(1) - (u - x_in_u)) + (x - x_in_u);  // of x, by the rounding of u
  const T regular = log_of_parts(log_parts(u), lost / u);
  const T tiny = x < T(-1) ? nan_of<T>() : -infinity_of<T>();
  const T bounded = x <= Format<T>::largest ? regular : x;
  return copy_sign(x <= T(-1) ? tiny : bounded, x);
}

}  // namespace TUTTI_SCALAR_NAMESPACE
