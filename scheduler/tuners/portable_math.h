// Functions whose bits are the same on every machine: plain arithmetic, no call into the C
// library's math, so that a study decides alike wherever it goes on. Written without branches, for
// loops that the compiler vectorizes.
#pragma once

#include <bit>
#include <cstdint>

// For the loops that most of the time goes to: compiled for several instruction sets, of which the
// machine's best runs. None fuses a product with a sum, so that all give the same bits. Sanitizers
// are not ready when the choice is made.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
    defined(__GNUC__) && !defined(__clang__)
#define TUTTI_WIDEST_VECTORS __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define TUTTI_WIDEST_VECTORS
#endif

namespace tutti {

// e^x within 2 ulp; below -708 as at -708 (3e-308), above 709 as at 709.
inline double portable_exp(double x) {
  const double floored = x > -708 ? x : -708, y = floored < 709 ? floored : 709;
  // y = k log 2 + r with |r| <= log(2) / 2. Adding 1.5 * 2^52 rounds to an integer, which is then
  // in the low bits.
  const double shifted = y * 1.4426950408889634 + 0x1.8p52;
  const double k = shifted - 0x1.8p52;
  const double r = (y - k * 0x1.62e42fefa0000p-1) - k * 0x1.cf79abc9e3b3ap-40;
  double series = 1.0 / 6227020800;
  series = series * r + 1.0 / 479001600;
  series = series * r + 1.0 / 39916800;
  series = series * r + 1.0 / 3628800;
  series = series * r + 1.0 / 362880;
  series = series * r + 1.0 / 40320;
  series = series * r + 1.0 / 5040;
  series = series * r + 1.0 / 720;
  series = series * r + 1.0 / 120;
  series = series * r + 1.0 / 24;
  series = series * r + 1.0 / 6;
  series = series * r + 0.5;
  series = series * r + 1;
  series = series * r + 1;
  const uint64_t power = (std::bit_cast<uint64_t>(shifted) + 1023) << 52;
  return series * std::bit_cast<double>(power);
}

// The standard normal distribution above x >= 0, within 1e-12 of itself: Hart, "Computer
// approximations", formula 5666, and Laplace's continued fraction beyond 4; 0 above 37.
inline double normal_tail(double x) {
  if (x > 37) return 0;
  const double density = portable_exp(-0.5 * x * x);
  if (x > 4) {
    double fraction = x;
    for (int k = x < 6 ? 24 : 12; k > 0; --k) fraction = x + k / fraction;
    return density / (fraction * 2.5066282746310002);
  }
  double above = 3.52624965998911e-2 * x + 0.700383064443688;
  above = above * x + 6.37396220353165;
  above = above * x + 33.912866078383;
  above = above * x + 112.079291497871;
  above = above * x + 221.213596169931;
  above = above * x + 220.206867912376;
  double below = 8.83883476483184e-2 * x + 1.75566716318264;
  below = below * x + 16.064177579207;
  below = below * x + 86.7807322029461;
  below = below * x + 296.564248779674;
  below = below * x + 637.333633378831;
  below = below * x + 793.826512519948;
  below = below * x + 440.413735824752;
  return density * above / below;
}

// The share of the standard normal distribution between a and b >= a.
inline double normal_mass(double a, double b) {
  if (a > 0) return normal_tail(a) - normal_tail(b);
  if (b < 0) return normal_tail(-b) - normal_tail(-a);
  return 1 - normal_tail(-a) - normal_tail(b);
}

}  // namespace tutti
