// The remainder of a division rounded down: its sign is the divisor's, as in Python.
#pragma once

#include "core/ops/scalar/bits.h"

namespace TUTTI_SCALAR_NAMESPACE {

template <class T>
TUTTI_SCALAR T floating_modulus(T x, T y) {
  const T remainder = remainder_of(x, y);
  const bool other_side = remainder != T(0) && (remainder < T(0)) != (y < T(0));
  return other_side ? remainder + y : remainder;
}
TUTTI_SCALAR float modulus(float x, float y) { return floating_modulus(x, y); }
TUTTI_SCALAR double modulus(double x, double y) { return floating_modulus(x, y); }

// Dividing by 0, or the smallest integer by -1, would stop the process.
template <class T>
TUTTI_SCALAR T modulus(T x, T y) {
  constexpr bool has_sign = static_cast<T>(-1) < T(0);
  const bool trivial = y == T(0) || (has_sign && y == static_cast<T>(-1));
  const T divisor = trivial ? T(1) : y;
  const T remainder = static_cast<T>(x % divisor);
  const bool other_side = remainder != T(0) && (remainder < T(0)) != (divisor < T(0));
  return other_side ? static_cast<T>(remainder + divisor) : remainder;
}

}  // namespace TUTTI_SCALAR_NAMESPACE
