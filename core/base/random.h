// Random numbers for code that draws them one after the other on the host (initializers, search
// spaces). The same on every machine: no call into the C library's math.
#pragma once

#include <cstdint>

#include "core/base/philox.h"

namespace tutti {

// A sequence named by (seed, stream): word i is word i of Philox with key `seed` and counter
// (i / 4, stream).
class Random {
 public:
  explicit Random(uint64_t seed, uint64_t stream = 0) : seed_(seed), stream_(stream) {}

  uint32_t bits();
  double uniform();                // [0, 1), 53 bits
  double normal();                 // mean 0, deviation 1, by Box and Muller
  double truncated_normal();       // normal, drawn again outside (-2, 2), as Keras does
  uint64_t below(uint64_t bound);  // [0, bound), unbiased; bound > 0

 private:
  uint64_t seed_, stream_, next_ = 0;
  PhiloxBlock block_{};
  double spare_normal_ = 0;
  bool has_spare_ = false;
};

// log(x) of a positive, finite, normal x, and the sine and cosine of 2 pi u for u in [0, 1);
// absolute error below 1e-15, same bits everywhere.
double portable_log(double x);
void portable_sincos_turns(double u, double& sine, double& cosine);

}  // namespace tutti
