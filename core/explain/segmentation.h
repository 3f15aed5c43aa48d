// Superpixels.
#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor/tensor.h"

namespace tutti {

// Segment of each pixel, row by row, numbered from 0 in the order met; `count` of them.
struct Segments {
  int64_t height = 0, width = 0, count = 0;
  std::vector<int64_t> labels;
};

struct QuickShiftOptions {
  double kernel_size = 4;  // deviation of the density's Gaussian, in pixels
  double max_dist = 200;   // longest link between a pixel and a denser one
  double ratio = 0.2;      // colour against place, in [0, 1]
  uint64_t seed = 0;       // breaks ties of density
};
// Quick shift (Vedaldi and Soatto, 2008): each pixel links to the nearest one that is denser; trees
// are the segments. `image` is (height, width, 1 or 3), values in [0, 1]; three channels are RGB,
// compared in CIE Lab.
Segments quick_shift(const Tensor& image, const QuickShiftOptions& options = {});
// Squares of that many pixels.
Segments grid_segments(int64_t height, int64_t width, int64_t side);

}  // namespace tutti
