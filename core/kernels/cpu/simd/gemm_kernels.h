// The matrix-product kernels of one instruction set: leaves on plain pointers, one thread per call.
//
// Every element of a result is ONE chain of multiply-adds over ascending k, from +0: fused where
// the instruction set has FMA, multiply then add where it has not. Blocking, packing, edges and
// tiling only choose which elements are computed together, so a row's bits do not depend on the
// rows beside it, nor on the path taken; the AVX2 and AVX-512 kernels give the same bits.
//
// Matrices are row-major; ld* is the distance between rows in elements. Inputs and outputs never
// overlap. Sizes may be 0; a sum of nothing is +0. A call takes up to 1 MiB of its thread's
// stack.
#pragma once

#include <cstdint>

namespace tutti::cpu {

// A finished node of the summation tree (core/base/shard_layout.h): `shards` shards, of which
// number s covers rows [offsets[s], offsets[s+1]) of the operands, and where its sum goes. Inside a
// shard rows are taken in ascending order; shards are added as fold_tree adds them. At most
// 2^kShardLevels shards.
template <typename T>
struct ShardRoot {
  const int64_t* offsets;  // shards + 1, ascending
  int64_t shards;          // >= 1
  T* out;                  // element (0, 0) of the whole result, overwritten inside the tile
  int64_t ld;              // rows of `out`; unused by column_sums
};
inline constexpr int kShardLevels = 16;

template <typename T>
struct GemmFunctions {
  // C[m,n] = A[m,k] B[k,n]. A tile is a smaller call: offset a, b and c.
  void (*nn)(int64_t m, int64_t n, int64_t k, const T* a, int64_t lda, const T* b, int64_t ldb,
             T* c, int64_t ldc);
  // C[m,n] = A[m,k] B[n,k]^T.
  void (*nt)(int64_t m, int64_t n, int64_t k, const T* a, int64_t lda, const T* b, int64_t ldb,
             T* c, int64_t ldc);
  // out[i,j] = sum over rows r of A[r,i] B[r,j], for i in [i0,i1) and j in [j0,j1), for each root.
  void (*tn)(int64_t i0, int64_t i1, int64_t j0, int64_t j1, const T* a, int64_t lda, const T* b,
             int64_t ldb, const ShardRoot<T>* roots, int64_t root_count);
  // out[j] = sum over rows r of B[r,j], for j in [j0,j1), for each root.
  void (*column_sums)(int64_t j0, int64_t j1, const T* b, int64_t ldb, const ShardRoot<T>* roots,
                      int64_t root_count);
};

struct GemmKernels {
  GemmFunctions<float> f32;
  GemmFunctions<double> f64;  // plain loops, for gradient checks

  // B packed once and used by many products. Panel p holds columns [p w, (p+1) w), k-major, padded
  // with zeros, in k w floats; w = panel_width. ceil(n / w) panels.
  int64_t panel_width;
  // Panels [p0, p1) of B[k,n] or, transposed, of B[n,k].
  void (*pack_nn)(int64_t k, int64_t n, const float* b, int64_t ldb, int64_t p0, int64_t p1,
                  float* packed);
  void (*pack_nt)(int64_t k, int64_t n, const float* b, int64_t ldb, int64_t p0, int64_t p1,
                  float* packed);
  // Columns of panels [p0, p1) of C[m,n] = A[m,k] B, the same bits as nn and nt.
  void (*packed)(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* packed,
                 int64_t p0, int64_t p1, float* c, int64_t ldc);
};

}  // namespace tutti::cpu
