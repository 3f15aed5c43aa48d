// The matrix-product kernels of the instruction set in use, and how to cut their work into tiles.
//
// Tiles depend on shapes alone and no bit depends on tiles: see simd/gemm_kernels.h.
#pragma once

#include <cstdint>

#include "core/device/isa.h"
#include "core/kernels/cpu/simd/gemm_kernels.h"

namespace tutti::cpu {

// The kernels compiled for `isa`, which the processor must have.
const GemmKernels& gemm_kernels(Isa isa);
inline const GemmKernels& gemm_kernels() { return gemm_kernels(active_isa()); }

// A grid of rows x columns tiles over a result, the last of each direction cut at its edge.
struct GemmTiles {
  int64_t rows = 0, columns = 0;  // of one tile
  int64_t down = 0, across = 0;   // tiles in each direction
  int64_t count() const { return down * across; }
};

// For nn, nt and packed: C[m,n] over k. One tile when the product is too small to share.
GemmTiles gemm_tiles(int64_t m, int64_t n, int64_t k);
// For tn: out[m,n] over `rows` rows.
GemmTiles gemm_shard_tiles(int64_t m, int64_t n, int64_t rows);

// Floats that pack_nn and pack_nt write for a B of n columns and depth k.
int64_t gemm_packed_size(const GemmKernels& kernels, int64_t n, int64_t k);

}  // namespace tutti::cpu
