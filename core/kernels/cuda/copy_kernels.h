// Kernels that move elements and compute nothing.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

namespace tutti::cuda {

// A box of elements in two arrays, each with a stride per axis, outermost first. A stride of the
// input may be 0. Offsets and strides in elements.
struct StridedBox {
  static constexpr int kMostAxes = 8;
  int axes = 0;
  int64_t count = 1;  // elements of the box
  int64_t extent[kMostAxes], in[kMostAxes], out[kMostAxes];
  int64_t in_offset = 0, out_offset = 0;
};
// Elements of 1, 2, 4 or 8 bytes.
void copy_box(cudaStream_t stream, const StridedBox& box, size_t element_bytes, const void* in,
              void* out);

// Rows `index[i]` of `table` [extent, row_bytes]; all bits set (NaN, or -1) for an index outside.
void take_rows(cudaStream_t stream, int64_t rows, int64_t extent, int64_t row_bytes,
               const void* table, const int64_t* index, void* out);

void fill_number(cudaStream_t stream, float* out, float number);

// share[i - begin] = values[the variable that holds flat element i]; offsets are those of the
// variables.
template <typename T>
void expand_share(cudaStream_t stream, int64_t begin, int64_t end, int64_t variables,
                  const int64_t* offsets, const T* values, T* share);

}  // namespace tutti::cuda
