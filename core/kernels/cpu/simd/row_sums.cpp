// Sums and extremes along the last axis.
#include "core/kernels/cpu/simd/row_parts.h"
#include "core/kernels/cpu/simd/row_vector.h"

namespace tutti::cpu::TUTTI_ISA {
namespace {

template <typename T>
void sum_rows_of(int64_t rows, int64_t n, const T* x, T* y) {
  for (int64_t r = 0; r < rows; ++r) y[r] = row_sum(x + r * n, n);
}

template <typename T, typename Combine>
void extreme_of(int64_t rows, int64_t n, const T* x, T* y) {
  for (int64_t r = 0; r < rows; ++r) y[r] = combine_block(x + r * n, n, x[r * n], Combine());
}

}  // namespace

void row_sums(int64_t rows, int64_t n, const float* x, float* y) { sum_rows_of(rows, n, x, y); }
void row_sums(int64_t rows, int64_t n, const double* x, double* y) { sum_rows_of(rows, n, x, y); }
void row_largest(int64_t rows, int64_t n, const float* x, float* y) {
  extreme_of<float, CombineLargest>(rows, n, x, y);
}
void row_largest(int64_t rows, int64_t n, const double* x, double* y) {
  extreme_of<double, CombineLargest>(rows, n, x, y);
}
void row_smallest(int64_t rows, int64_t n, const float* x, float* y) {
  extreme_of<float, CombineSmallest>(rows, n, x, y);
}
void row_smallest(int64_t rows, int64_t n, const double* x, double* y) {
  extreme_of<double, CombineSmallest>(rows, n, x, y);
}

}  // namespace tutti::cpu::TUTTI_ISA
