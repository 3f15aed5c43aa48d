// Windows that slide over spatial axes: a thread per element of the result, so that no two add to
// one place. For float and double.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace tutti::cuda {

// The window at position o sees element o stride - before + k dilation as its k-th, padding where
// that is outside [0, extent).
struct WindowAxis {
  int64_t extent = 1, positions = 1, size = 1, stride = 1, dilation = 1, before = 0;
};
// Three spatial axes, those that are missing in front with one element. The spread value is
// [rows, extents.., channels], what windows see of it [rows, positions.., sizes.., channels].
struct WindowGrid {
  WindowAxis axis[3];
  int64_t rows = 0, channels = 0;
};

// seen = what windows see of `spread`, `fill` where they see padding.
template <typename T>
void patches(cudaStream_t stream, const WindowGrid& grid, T fill, const T* spread, T* seen);

// spread = for each element the sum of what windows saw of it, from +0, by windows in row-major
// order.
template <typename T>
void fold(cudaStream_t stream, const WindowGrid& grid, const T* seen, T* spread);

// best [rows, positions.., channels] = the largest that a window sees, place = which element of the
// row it is: the first of equals, a NaN before any number; -infinity and -1 for padding alone.
template <typename T>
void max_pool(cudaStream_t stream, const WindowGrid& grid, const T* spread, T* best,
              int32_t* place);

}  // namespace tutti::cuda
