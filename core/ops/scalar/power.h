// pow with the special cases of C. Float goes through double; double keeps log x in two doubles, as
// y log x loses what log x lacks. Within 1 ulp for float, and for double within 2 + |y log x| / 60.
#pragma once

#include "core/ops/scalar/exponential.h"
#include "core/ops/scalar/logarithm.h"

namespace TUTTI_SCALAR_NAMESPACE {

// a * b - product, exactly.
TUTTI_SCALAR double product_error(double a, double b, double product) {
#if defined(__FMA__) || defined(__CUDACC__)
  return mul_add(a, b, -product);
#else
  const double split_a = a * 0x1.0000002p27, split_b = b * 0x1.0000002p27;
  const double a_high = split_a - (split_a - a), b_high = split_b - (split_b - b);
  const double a_low = a - a_high, b_low = b - b_high;
  return ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
#endif
}

struct TwoDoubles {
  double high, low;
};

// log of a positive x; of 0 and infinity the limits.
TUTTI_SCALAR TwoDoubles log_in_two(double x) {
  const auto [k, f] = log_parts(x);
  const double d = 2.0 + f, d_low = f - (d - 2.0);
  const double s = f / d;
  const double product = s * d;
  const double s_low = (((f - product) - product_error(s, d, product)) - s * d_low) / d;
  const double z = s * s;

  const double whole = k * LogFit<double>::ln2_high;  // exact
  const double sum = whole + 2.0 * s;
  const double back = sum - whole;
  const double lost = (whole - (sum - back)) + (2.0 * s - back);
  const double low =
      lost + (mul_add(k, LogFit<double>::ln2_low, 2.0 * s_low) + s * z * log_tail(z));
  const double high = sum + low;
  const bool regular = x >= Format<double>::smallest_normal && x <= Format<double>::largest;
  const double limit = x < Format<double>::smallest_normal ? -infinity_of<double>() : x;
  return {regular ? high : limit, regular ? low - (high - sum) : 0.0};
}

TUTTI_SCALAR double pow_of_positive(double x, double y) {
  const TwoDoubles log = log_in_two(x);
  const double high = y * log.high;
  const double low = mul_add(y, log.low, product_error(y, log.high, high));
  const double result = exp_of(high);
  const bool regular = absolute(high) < 740.0 && result <= Format<double>::largest;
  const double base = regular ? result : 0.0;
  const double corrected = mul_add(base, regular ? low : 0.0, base);
  return regular ? corrected : result;
}
TUTTI_SCALAR float pow_of_positive(float x, float y) {
  const double wide = x < Format<float>::smallest_normal ? 0.0 : static_cast<double>(x);
  const double log = x != x ? static_cast<double>(x) : log_of(wide);
  return static_cast<float>(exp_of(static_cast<double>(y) * log));
}

template <class T>
TUTTI_SCALAR T pow_of(T x, T y) {
  const T magnitude = absolute(x);
  const T positive = pow_of_positive(magnitude, y);
  const bool whole = round_even(y) == y;
  const bool odd = whole && T(2) * round_even(T(0.5) * y) != y;
  const T with_sign = odd ? copy_sign(positive, x) : positive;
  const bool undefined = x < T(0) && !whole && magnitude <= Format<T>::largest;
  const bool one =
      y == T(0) || x == T(1) || (magnitude == T(1) && absolute(y) > Format<T>::largest);
  const T defined = undefined ? nan_of<T>() : with_sign;
  return one ? T(1) : defined;
}

}  // namespace TUTTI_SCALAR_NAMESPACE
