// Kernels that move or draw elements and compute nothing.
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

// Element e of row r is dropped if the upper 24 bits of word e mod 4 of philox_at(seed, step,
// first_row + r, site, e / 4) are below `threshold`. `context` in device memory begins with the
// seed (u64) and the step (i64); with `own_seed` the seed is `seed`.
struct DropoutPlace {
  const void* context;
  bool own_seed;
  uint64_t seed;
  uint32_t site, threshold;
  int64_t first_row, rows, columns;
};
template <typename T>
void dropout(cudaStream_t stream, const DropoutPlace& place, T scale, const T* x, T* y);

}  // namespace tutti::cuda
