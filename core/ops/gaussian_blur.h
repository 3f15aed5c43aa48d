// Images blurred by a Gaussian of their own each.
#pragma once

#include "core/graph/value.h"

namespace tutti {

// Weights exp(-d^2 / 2 sigma^2) up to a distance of `reach` pixels, divided by their sum: both
// values broadcast to [n, 1, 1, 1], sigma above 0, reach whole and at most `most`.
struct GaussianWindow {
  Value sigma, reach;
  int64_t most;
};

// images [n, h, w, c]; zeros stand beyond them, as in Keras.
Value gaussian_blur(const Value& images, const GaussianWindow& along_y,
                    const GaussianWindow& along_x);

}  // namespace tutti
