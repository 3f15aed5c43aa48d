// softmax, its logarithm, and the cross-entropy of it. Rows are taken in groups that fit the
// first-level cache, so that exp runs over many short rows as over one long one.
#define TUTTI_SCALAR_NAMESPACE tutti::cpu::TUTTI_ISA
#include "core/kernels/cpu/simd/row_parts.h"
#include "core/kernels/cpu/simd/row_vector.h"
#include "core/ops/scalar/exponential.h"
#include "core/ops/scalar/logarithm.h"

namespace tutti::cpu::TUTTI_ISA {
namespace {

constexpr int64_t kGroup = 2048;  // elements of a group of short rows
constexpr int64_t kGroupRows = 256;

TUTTI_GEMM_INLINE int64_t rows_of_group(int64_t n) {
  return n > kGroup ? 1 : least(kGroup / n, kGroupRows);
}

// Whole registers alone: y has room for up to 15 elements more, which become 1.
template <typename T>
TUTTI_GEMM_INLINE void exponentials(int64_t count, T* y) {
  const int64_t padded = (count + kSumLanes - 1) / kSumLanes * kSumLanes;
  for (int64_t i = count; i < padded; ++i) y[i] = T(0);
  for (int64_t i = 0; i < padded; i += kSumLanes)
    for (int64_t l = 0; l < kSumLanes; ++l) y[i + l] = exp_of(y[i + l]);
}
template <typename T>
TUTTI_GEMM_INLINE void logarithms(int64_t count, T* y) {
  const int64_t padded = (count + kSumLanes - 1) / kSumLanes * kSumLanes;
  for (int64_t i = count; i < padded; ++i) y[i] = T(1);
  for (int64_t i = 0; i < padded; i += kSumLanes)
    for (int64_t l = 0; l < kSumLanes; ++l) y[i + l] = log_of(y[i + l]);
}

// sums[r] = the sum of exp(x - largest[r]) over row r of a group.
template <typename T>
void exponential_sums(int64_t rows, int64_t n, const T* x, T* largest, T* sums) {
  alignas(64) T scratch[kSumBlock];
  if (n <= kGroup) {
    for (int64_t r = 0; r < rows; ++r) {
      largest[r] = row_largest(x + r * n, n);
      for (int64_t j = 0; j < n; ++j) scratch[r * n + j] = x[r * n + j] - largest[r];
    }
    exponentials(rows * n, scratch);
    for (int64_t r = 0; r < rows; ++r) sums[r] = row_sum(scratch + r * n, n);
    return;
  }
  largest[0] = row_largest(x, n);
  BlockTree<T> tree;
  for (int64_t i = 0; i < n; i += kSumBlock) {
    const int64_t count = least(n - i, kSumBlock);
    for (int64_t j = 0; j < count; ++j) scratch[j] = x[i + j] - largest[0];
    exponentials(count, scratch);
    tree.take(combine_block(scratch, count, T(0), CombineSum()));
  }
  sums[0] = tree.finish();
}

// Calls use(first row, rows, largest, log_sum) for each group.
template <typename T, typename Use>
TUTTI_GEMM_INLINE void each_group(int64_t rows, int64_t n, const T* x, Use use) {
  T largest[kGroupRows], log_sum[kGroupRows];
  const int64_t step = rows_of_group(n);
  for (int64_t first = 0; first < rows; first += step) {
    const int64_t count = least(rows - first, step);
    exponential_sums(count, n, x + first * n, largest, log_sum);
    logarithms(count, log_sum);
    use(first, count, largest, log_sum);
  }
}

// y = exp((x - largest) - shift) of one row, by pieces.
template <typename T>
void exponentiate_long(int64_t n, const T* x, T largest, T shift, T* y) {
  alignas(64) T scratch[kGroup];
  for (int64_t i = 0; i < n; i += kGroup) {
    const int64_t count = least(n - i, kGroup);
    for (int64_t j = 0; j < count; ++j) scratch[j] = (x[i + j] - largest) - shift;
    exponentials(count, scratch);
    for (int64_t j = 0; j < count; ++j) y[i + j] = scratch[j];
  }
}

// y = exp((x - the row's largest) - shift[r]) of a group; y may be x.
template <typename T>
void exponentiate_group(int64_t rows, int64_t n, const T* x, const T* shift, T* y) {
  if (n > kGroup) return exponentiate_long(n, x, row_largest(x, n), shift[0], y);
  alignas(64) T scratch[kGroup];
  for (int64_t r = 0; r < rows; ++r) {
    const T largest = row_largest(x + r * n, n);
    for (int64_t j = r * n; j < (r + 1) * n; ++j) scratch[j] = (x[j] - largest) - shift[r];
  }
  exponentials(rows * n, scratch);
  for (int64_t i = 0; i < rows * n; ++i) y[i] = scratch[i];
}

template <typename T>
void softmax_of(int64_t rows, int64_t n, const T* x, T* y) {
  const T zeros[kGroupRows] = {};
  const int64_t step = rows_of_group(n);
  for (int64_t first = 0; first < rows; first += step) {
    const int64_t count = least(rows - first, step);
    exponentiate_group(count, n, x + first * n, zeros, y + first * n);
    for (int64_t r = first; r < first + count; ++r) {
      const T scale = T(1) / row_sum(y + r * n, n);
      for (int64_t j = 0; j < n; ++j) y[r * n + j] *= scale;
    }
  }
}

template <typename T>
void log_softmax_of(int64_t rows, int64_t n, const T* x, T* y) {
  each_group(rows, n, x, [&](int64_t first, int64_t count, const T* largest, const T* log_sum) {
    for (int64_t r = 0; r < count; ++r)
      for (int64_t j = (first + r) * n; j < (first + r + 1) * n; ++j)
        y[j] = (x[j] - largest[r]) - log_sum[r];
  });
}

template <typename T>
void sparse_loss_of(int64_t rows, int64_t n, const T* x, const int64_t* labels, T* loss,
                    T* log_sums) {
  each_group(rows, n, x, [&](int64_t first, int64_t count, const T* largest, const T* log_sum) {
    for (int64_t r = 0; r < count; ++r) {
      const int64_t label = labels[first + r];
      const bool known = label >= 0 && label < n;
      const T at_label = x[(first + r) * n + (known ? label : 0)] - largest[r];
      loss[first + r] = known ? log_sum[r] - at_label : nan_of<T>();
      log_sums[first + r] = log_sum[r];
    }
  });
}

// The sum of target (log_sum - (x - largest)) over one row.
template <typename T>
T weighted_surprise(int64_t n, const T* x, const T* target, T largest, T log_sum) {
  alignas(64) T scratch[kSumBlock];
  BlockTree<T> tree;
  for (int64_t i = 0; i < n; i += kSumBlock) {
    const int64_t count = least(n - i, kSumBlock);
    for (int64_t j = 0; j < count; ++j)
      scratch[j] = target[i + j] * (log_sum - (x[i + j] - largest));
    tree.take(combine_block(scratch, count, T(0), CombineSum()));
  }
  return tree.finish();
}

template <typename T>
void dense_loss_of(int64_t rows, int64_t n, const T* x, const T* target, T* loss, T* log_sums) {
  each_group(rows, n, x, [&](int64_t first, int64_t count, const T* largest, const T* log_sum) {
    for (int64_t r = 0; r < count; ++r) {
      const int64_t at = (first + r) * n;
      loss[first + r] = weighted_surprise(n, x + at, target + at, largest[r], log_sum[r]);
      log_sums[first + r] = log_sum[r];
    }
  });
}

template <typename T>
void sparse_gradient_of(int64_t rows, int64_t n, const T* x, const int64_t* labels,
                        const T* log_sum, const T* dy, T* dx) {
  const int64_t step = rows_of_group(n);
  for (int64_t first = 0; first < rows; first += step) {
    const int64_t end = least(rows, first + step);
    exponentiate_group(end - first, n, x + first * n, log_sum + first, dx + first * n);
    for (int64_t r = first; r < end; ++r) {
      T* row = dx + r * n;
      const bool known = labels[r] >= 0 && labels[r] < n;
      const int64_t label = known ? labels[r] : 0;
      const T scale = known ? dy[r] : nan_of<T>(), at_label = (row[label] - T(1)) * scale;
      for (int64_t j = 0; j < n; ++j) row[j] *= scale;
      row[label] = at_label;
    }
  }
}

template <typename T>
void dense_gradient_of(int64_t rows, int64_t n, const T* x, const T* target, const T* log_sum,
                       const T* dy, T* dx) {
  const int64_t step = rows_of_group(n);
  for (int64_t first = 0; first < rows; first += step) {
    const int64_t end = least(rows, first + step);
    exponentiate_group(end - first, n, x + first * n, log_sum + first, dx + first * n);
    for (int64_t r = first; r < end; ++r) {
      const T weight = row_sum(target + r * n, n);
      for (int64_t j = r * n; j < (r + 1) * n; ++j) dx[j] = (dx[j] * weight - target[j]) * dy[r];
    }
  }
}

}  // namespace

#define TUTTI_SOFTMAX_OF(T)                                                                      \
  void softmax(int64_t rows, int64_t n, const T* x, T* y) { softmax_of(rows, n, x, y); }         \
  void log_softmax(int64_t rows, int64_t n, const T* x, T* y) { log_softmax_of(rows, n, x, y); } \
  void sparse_loss(int64_t rows, int64_t n, const T* x, const int64_t* labels, T* loss,          \
                   T* log_sum) {                                                                 \
    sparse_loss_of(rows, n, x, labels, loss, log_sum);                                           \
  }                                                                                              \
  void dense_loss(int64_t rows, int64_t n, const T* x, const T* target, T* loss, T* log_sum) {   \
    dense_loss_of(rows, n, x, target, loss, log_sum);                                            \
  }                                                                                              \
  void sparse_gradient(int64_t rows, int64_t n, const T* x, const int64_t* labels,               \
                       const T* log_sum, const T* dy, T* dx) {                                   \
    sparse_gradient_of(rows, n, x, labels, log_sum, dy, dx);                                     \
  }                                                                                              \
  void dense_gradient(int64_t rows, int64_t n, const T* x, const T* target, const T* log_sum,    \
                      const T* dy, T* dx) {                                                      \
    dense_gradient_of(rows, n, x, target, log_sum, dy, dx);                                      \
  }
TUTTI_SOFTMAX_OF(float)
TUTTI_SOFTMAX_OF(double)

}  // namespace tutti::cpu::TUTTI_ISA
