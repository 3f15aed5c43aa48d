#include "core/base/random.h"

#include <bit>
#include <cmath>

namespace tutti {

double portable_log(double x) {
  // x = m 2^e with m in [sqrt(1/2), sqrt(2)); log m = 2 atanh((m - 1) / (m + 1)).
  const uint64_t bits = std::bit_cast<uint64_t>(x);
  int exponent = static_cast<int>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0x000fffffffffffffu) | 0x3ff0000000000000u);
  if (m > 1.4142135623730951) m *= 0.5, ++exponent;
  const double s = (m - 1) / (m + 1), z = s * s;
  double series = 0;
  for (int k = 23; k >= 1; k -= 2) series = series * z + 1.0 / k;
  return exponent * 0.6931471805599453 + 2 * s * series;
}

void portable_sincos_turns(double u, double& sine, double& cosine) {
  // The nearest quarter turn and the exact rest, at most an eighth of a turn.
  const int quarter = static_cast<int>(std::floor(4 * u + 0.5));
  const double x = (u - 0.25 * quarter) * 6.283185307179586, z = -x * x;
  double s = 1, c = 1;
  for (int k = 18; k >= 2; k -= 2) {
    s = 1 + s * z / (k * (k + 1));
    c = 1 + c * z / ((k - 1) * k);
  }
  s *= x;
  switch (quarter & 3) {
    case 0:
      sine = s, cosine = c;
      break;
    case 1:
      sine = c, cosine = -s;
      break;
    case 2:
      sine = -s, cosine = -c;
      break;
    default:
      sine = -c, cosine = s;
      break;
  }
}

uint32_t Random::bits() {
  const unsigned lane = next_ % 4;
  if (lane == 0) {
    const uint64_t index = next_ / 4;
    block_ = philox({{static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32),
                      static_cast<uint32_t>(stream_), static_cast<uint32_t>(stream_ >> 32)}},
                    static_cast<uint32_t>(seed_), static_cast<uint32_t>(seed_ >> 32));
  }
  ++next_;
  return block_.word[lane];
}

double Random::uniform() {
  const uint64_t high = bits() >> 5, low = bits() >> 6;  // 27 and 26 bits
  return static_cast<double>((high << 26) | low) * 0x1p-53;
}

double Random::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_normal_;
  }
  const double radius = std::sqrt(-2 * portable_log(1 - uniform()));  // 1 - u is never 0
  double sine, cosine;
  portable_sincos_turns(uniform(), sine, cosine);
  spare_normal_ = radius * sine;
  has_spare_ = true;
  return radius * cosine;
}

double Random::truncated_normal() {
  for (;;) {
    const double value = normal();
    if (value > -2 && value < 2) return value;
  }
}

uint64_t Random::below(uint64_t bound) {
  // Multiples of the bound fill [0, limit) evenly; what lies beyond is drawn again.
  const uint64_t limit = ~uint64_t{0} - ~uint64_t{0} % bound;
  for (;;) {
    const uint64_t high = bits(), value = high << 32 | bits();
    if (value < limit) return value % bound;
  }
}

}  // namespace tutti
