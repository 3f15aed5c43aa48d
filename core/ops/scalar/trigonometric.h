// sin and cos. x = n pi/2 + r, pi/2 in pieces of 26 bits so that n times a piece is exact; r in two
// doubles; minimax polynomials of our own fit. Float goes through double.
//
// Within 1 ulp for |x| <= 2^27; beyond it the quadrant needs more digits of pi than are kept, and
// the result is NaN rather than a wrong number.
#pragma once

#include "core/ops/scalar/bits.h"

namespace TUTTI_SCALAR_NAMESPACE {

// sin(x + quarters pi/2).
TUTTI_SCALAR double sin_shifted(double x, u64 quarters) {
  const bool in_range = absolute(x) <= 0x1p27;
  const double bounded = in_range ? x : 0.0;
  const double shifted = bounded * 0x1.45f306dc9c883p-1 + 0x1.8p52;
  const double n = shifted - 0x1.8p52;
  const u64 quadrant = to_bits(shifted) + quarters;

  const double first = bounded - n * 0x1.921fb5p+0;  // exact
  const double second_piece = n * 0x1.110b46p-26;    // exact
  const double second = first - second_piece;
  const double third_piece = n * 0x1.1a62633145c07p-54;
  const double r = second - third_piece;
  const double low = ((second - r) - third_piece) + ((first - second) - second_piece);

  const double z = r * r;
  const double sine_tail =
      polynomial(z, {-0.16666666666666667, 8.3333333333333235e-3, -1.9841269841255419e-4,
                     2.7557319214201676e-6, -2.5052104882543131e-8, 1.6058359839218648e-10,
                     -7.5782407565358785e-13});
  const double sine = r + mul_add(r * z, sine_tail, low * (1.0 - 0.5 * z));
  const double cosine_tail =
      polynomial(z, {0.041666666666666667, -1.3888888888888884e-3, 2.4801587301579183e-5,
                     -2.7557319218309101e-7, 2.0876754954773611e-9, -1.1470352975126845e-11,
                     4.7405241032557091e-14});
  const double half = 0.5 * z, near = 1.0 - half;
  const double cosine = near + (((1.0 - near) - half) + (z * z * cosine_tail - r * low));

  const double value = (quadrant & 1) != 0 ? cosine : sine;
  const double signed_value = from_bits(to_bits(value) ^ ((quadrant & 2) << 62));
  return in_range ? signed_value : nan_of<double>();
}

TUTTI_SCALAR double sin_of(double x) { return sin_shifted(x, 0); }
TUTTI_SCALAR double cos_of(double x) { return sin_shifted(x, 1); }
TUTTI_SCALAR float sin_of(float x) { return static_cast<float>(sin_of(static_cast<double>(x))); }
TUTTI_SCALAR float cos_of(float x) { return static_cast<float>(cos_of(static_cast<double>(x))); }

}  // namespace TUTTI_SCALAR_NAMESPACE
