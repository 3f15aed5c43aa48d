// Kernels that draw random numbers: those of the CPU.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

namespace tutti::cuda {

// Whose numbers are drawn. `context` in device memory begins with the seed (u64) and the step
// (i64), which a recorded segment reads anew in every step; with `own_seed` the seed is `seed`.
struct RandomSource {
  const void* context;
  bool own_seed;
  uint64_t seed;
  uint32_t site;
};
// Element e of row r has word e mod 4 of philox_at(seed, step, first_row + r, site, e / 4).
struct RandomRows {
  int64_t first_row, rows, columns;
};

// Elements whose upper 24 bits are below `threshold` are dropped, the others scaled.
template <typename T>
void dropout(cudaStream_t stream, const RandomSource& source, const RandomRows& rows,
             uint32_t threshold, T scale, const T* x, T* y);

// The upper 24 bits, as a number in [0, 1).
template <typename T>
void random_uniform(cudaStream_t stream, const RandomSource& source, const RandomRows& rows, T* y);

// A permutation of `rows` rows whose keys are drawn in the step; a and b: see PermutationRounds.
struct ShuffledRows {
  int64_t rows;
  uint64_t a, b;
  int64_t first_row, own_rows;  // of the result
};
// out[i] = in[where first_row + i goes]; `inverse`: in[i] is out[where i goes - first_row]. A row
// has `elements` of 1, 2, 4 or 8 bytes.
void shuffle_rows(cudaStream_t stream, const RandomSource& source, const ShuffledRows& shuffle,
                  bool inverse, int64_t elements, size_t element_bytes, const void* in, void* out);

}  // namespace tutti::cuda
