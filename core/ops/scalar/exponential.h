// exp, expm1, tanh, sigmoid. x = n ln 2 + r with |r| <= ln 2 / 2; e^r is a minimax polynomial (our
// own fit, relative error below 2^-26 for float and 2^-61 for double), 2^n is put together from
// bits.
//
// Within 1 ulp (exp), 2 ulp (expm1, sigmoid) and 3 ulp (tanh), subnormal results aside, which
// flush to zero.
#pragma once

#include "core/ops/scalar/bits.h"

namespace TUTTI_SCALAR_NAMESPACE {

template <class T>
struct ExpFit;
template <>
struct ExpFit<float> {
  static constexpr float log2_e = 1.44269504f;
  // Its low bits count: adding it rounds to an integer, which its bit pattern then holds.
  static constexpr float shift = 0x1.8p23f;
  static constexpr u32 shift_bits = 0x4b400000u;
  static constexpr float ln2_high = 0x1.62e4p-1f, ln2_low = 1.42860682031e-6f;
  static constexpr float lowest = -104.0f, highest = 89.0f;  // 0 and infinity from here
  static constexpr float tanh_is_1 = 10.0f;
  static constexpr int mantissa = 23;
  static constexpr u32 bias = 127;
};
template <>
struct ExpFit<double> {
  static constexpr double log2_e = 0x1.71547652b82fep+0;
  static constexpr double shift = 0x1.8p52;
  static constexpr u64 shift_bits = 0x4338000000000000u;
  static constexpr double ln2_high = 0x1.62e42fee00000p-1, ln2_low = 0x1.a39ef35793c76p-33;
  static constexpr double lowest = -746.0, highest = 710.0;
  static constexpr double tanh_is_1 = 20.0;
  static constexpr int mantissa = 52;
  static constexpr u64 bias = 1023;
};

// (e^r - 1 - r) / r^2 for |r| <= 0.3535.
TUTTI_SCALAR float exp_tail(float r) {
  return polynomial(r, {0.500000005f, 0.166666668f, 0.0416663291f, 8.33326804e-3f, 1.39431050e-3f,
                        1.99171350e-4f});
}
TUTTI_SCALAR double exp_tail(double r) {
  return polynomial(r, {0.50000000000000000, 0.16666666666666667, 0.041666666666666692,
                        8.3333333333333390e-3, 1.3888888888871195e-3, 1.9841269841243191e-4,
                        2.4801587352691089e-5, 2.7557319281975494e-6, 2.7557248920426495e-7,
                        2.5052044044954659e-8, 2.0922698634746763e-9, 1.6094416271229340e-10});
}

// 2^n for n whose biased exponent is normal; n in two's complement.
TUTTI_SCALAR float power_of_two(u32 n) { return from_bits((n + 127u) << 23); }
TUTTI_SCALAR double power_of_two(u64 n) { return from_bits((n + 1023u) << 52); }

template <class T>
struct ExpParts {
  T minus_one;  // e^r - 1
  decltype(to_bits(T())) n;
};

// A NaN stays one in minus_one; its n is some number.
template <class T>
TUTTI_SCALAR ExpParts<T> exp_parts(T x, T lowest) {
  using Fit = ExpFit<T>;
  const T floored = x < lowest ? lowest : x;
  const T bounded = floored > Fit::highest ? Fit::highest : floored;
  const T shifted = mul_add(bounded, Fit::log2_e, Fit::shift);
  const T n = shifted - Fit::shift;
  T r = mul_add(n, -Fit::ln2_high, bounded);
  r = mul_add(n, -Fit::ln2_low, r);
  return {mul_add(r * r, exp_tail(r), r), to_bits(shifted) - Fit::shift_bits};
}

template <class T>
TUTTI_SCALAR T exp_of(T x) {
  const auto parts = exp_parts(x, ExpFit<T>::lowest);
  // 2^n in two factors: n reaches past both ends of the exponents. The shift divides n + 2^11,
  // which is positive, as not every instruction set shifts signed 64-bit integers.
  const auto half = ((parts.n + 2048u) >> 1) - 1024u;
  return ((T(1) + parts.minus_one) * power_of_two(half)) * power_of_two(parts.n - half);
}

template <class T>
TUTTI_SCALAR T expm1_of(T x) {
  // Below -40 the result is -1; at the top 2^n is out of range, 2^(n-1) is not.
  const auto parts = exp_parts(x, T(-40));
  const T half = power_of_two(parts.n - 1u);
  const T result = T(2) * mul_add(half, parts.minus_one, half - T(0.5));
  return copy_sign(result, x);
}

template <class T>
TUTTI_SCALAR T tanh_of(T x) {
  const T magnitude = absolute(x);
  const T bounded = magnitude > ExpFit<T>::tanh_is_1 ? ExpFit<T>::tanh_is_1 : magnitude;
  const T t = expm1_of(bounded + bounded);
  return copy_sign(t / (t + T(2)), x);
}

template <class T>
TUTTI_SCALAR T sigmoid_of(T x) {
  return T(1) / (T(1) + exp_of(-x));
}

}  // namespace TUTTI_SCALAR_NAMESPACE
