// Axes brought to other extents: repeated, or resampled with the weights that jax.image and
// TensorFlow's resize use (half-pixel centres).
#pragma once

#include <string>
#include <vector>

#include "core/graph/executable.h"

namespace tutti {

// Each element of an axis `times` times in a row.
Value repeat(const Value& value, int64_t times, int axis);

// Kernels: nearest, bilinear, bicubic, lanczos3, lanczos5. `antialias` widens the kernel where the
// axis shrinks.
const std::vector<std::string>& interpolation_names();
// What an element of the output is made of: elements `first`, `first` + 1, ... of the input by
// weights that sum to 1.
struct ResamplingWindow {
  int64_t first;
  std::vector<double> weights;
};
std::vector<ResamplingWindow> resampling_windows(int64_t in, int64_t out,
                                                 const std::string& interpolation,
                                                 bool antialias = false);
// The same as a matrix, [in, out].
Tensor resampling_weights(int64_t in, int64_t out, const std::string& interpolation,
                          bool antialias = false);

// Axis `axis` (not the rows) with `out` elements.
Value resample(const Value& value, int axis, int64_t out, const std::string& interpolation,
               bool antialias = false);

}  // namespace tutti
