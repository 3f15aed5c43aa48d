// Functions whose bits are the same on every machine: plain arithmetic, no call into the C
// library's math, so that a study decides alike wherever it goes on. Written without branches, for
// loops that the compiler vectorizes.
#pragma once

#include <bit>
#include <cstdint>

namespace tutti {

// e^x within 2 ulp; below -708 it is 0, above 709 as at 709.
inline double portable_exp(double x) {
  const double y = x < -708 ? -708 : x > 709 ? 709 : x;
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
  const double value = series * std::bit_cast<double>(power);
  return x < -708 ? 0 : value;
}

}  // namespace tutti
