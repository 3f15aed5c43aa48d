// atan2. The smaller of |x| and |y| over the larger, t, is brought to |s| <= tan(pi/8) by atan t =
// pi/4 + atan((t - 1) / (t + 1)); then a minimax polynomial of our own fit (relative error below
// 2^-57). Float goes through double.
//
// Within 2 ulp. Zeros and infinities as C's: the sign of a zero picks the side of the cut.
#pragma once

#include "core/ops/scalar/bits.h"

namespace TUTTI_SCALAR_NAMESPACE {

TUTTI_SCALAR double arctangent2_of(double y, double x) {
  const double a = absolute(x), b = absolute(y);
  const double high = a > b ? a : b, low = a > b ? b : a;
  const double ratio = low == high ? 1.0 : low / high;
  const double t = high == 0.0 ? 0.0 : ratio;
  const bool far = t > 0.41421356237309503;
  const double s = far ? (t - 1.0) / (t + 1.0) : t, z = s * s;
  const double tail =
      polynomial(z, {-0.33333333333333333, 0.19999999999999804, -0.14285714285659807,
                     0.11111111105153429, -0.090909087534004996, 0.076922963721299638,
                     -0.066664248336135524, 0.058789283985172323, -0.052304498567092407,
                     0.045515730866641905, -0.034570044186095537, 0.016285183029865668});
  const double near = s + s * z * tail;
  const double first = far ? 0x1.921fb54442d18p-1 + near : near;       // of the octant
  const double second = b > a ? 0x1.921fb54442d18p+0 - first : first;  // of the quadrant
  const bool left = (to_bits(x) >> 63) != 0;
  const double angle = left ? 0x1.921fb54442d18p+1 - second : second;
  const double result = from_bits(to_bits(angle) | (to_bits(y) & 0x8000000000000000u));
  return x != x || y != y ? nan_of<double>() : result;
}
TUTTI_SCALAR float arctangent2_of(float y, float x) {
  return static_cast<float>(arctangent2_of(static_cast<double>(y), static_cast<double>(x)));
}

}  // namespace TUTTI_SCALAR_NAMESPACE
