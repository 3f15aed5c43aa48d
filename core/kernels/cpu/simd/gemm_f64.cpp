// The contracts of gemm_kernels.h in f64, as plain loops: gradient checks want digits, not speed.
#include "core/kernels/cpu/simd/gemm_parts.h"
#include "core/kernels/cpu/simd/gemm_vector.h"

namespace tutti::cpu::TUTTI_ISA {
namespace {

TUTTI_GEMM_INLINE double multiply_add_f64(double a, double b, double c) {
#if defined(__FMA__)
  return __builtin_fma(a, b, c);
#else
  return c + a * b;
#endif
}

// Element (i, j) summed as the tree says; leaf(r, sum) takes row r into a shard's sum.
template <typename Leaf>
TUTTI_GEMM_INLINE double sum_tree(const ShardRoot<double>& root, Leaf leaf) {
  double levels[kShardLevels + 1] = {};
  int depth = 0;
  for (int64_t s = 0; s < root.shards; ++s) {
    double sum = 0.0;
    for (int64_t r = root.offsets[s]; r < root.offsets[s + 1]; ++r) sum = leaf(r, sum);
    for (int64_t bits = s; bits & 1; bits >>= 1) sum = levels[--depth] + sum;
    levels[depth++] = sum;
  }
  for (; depth > 1; --depth) levels[depth - 2] += levels[depth - 1];
  return levels[0];
}

}  // namespace

void gemm_nn(int64_t m, int64_t n, int64_t k, const double* a, int64_t lda, const double* b,
             int64_t ldb, double* c, int64_t ldc) {
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) c[i * ldc + j] = 0.0;
    for (int64_t p = 0; p < k; ++p)
      for (int64_t j = 0; j < n; ++j)
        c[i * ldc + j] = multiply_add_f64(a[i * lda + p], b[p * ldb + j], c[i * ldc + j]);
  }
}

void gemm_nt(int64_t m, int64_t n, int64_t k, const double* a, int64_t lda, const double* b,
             int64_t ldb, double* c, int64_t ldc) {
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      double sum = 0.0;
      for (int64_t p = 0; p < k; ++p) sum = multiply_add_f64(a[i * lda + p], b[j * ldb + p], sum);
      c[i * ldc + j] = sum;
    }
}

void gemm_tn(int64_t i0, int64_t i1, int64_t j0, int64_t j1, const double* a, int64_t lda,
             const double* b, int64_t ldb, const ShardRoot<double>* roots, int64_t root_count) {
  for (int64_t n = 0; n < root_count; ++n)
    for (int64_t i = i0; i < i1; ++i)
      for (int64_t j = j0; j < j1; ++j)
        roots[n].out[i * roots[n].ld + j] = sum_tree(roots[n], [=](int64_t r, double sum) {
          return multiply_add_f64(a[r * lda + i], b[r * ldb + j], sum);
        });
}

void column_sums(int64_t j0, int64_t j1, const double* b, int64_t ldb,
                 const ShardRoot<double>* roots, int64_t root_count) {
  for (int64_t n = 0; n < root_count; ++n)
    for (int64_t j = j0; j < j1; ++j)
      roots[n].out[j] =
          sum_tree(roots[n], [=](int64_t r, double sum) { return sum + b[r * ldb + j]; });
}

}  // namespace tutti::cpu::TUTTI_ISA
