// softmax, its logarithm, and the cross-entropy of it. Rows are taken in groups, so that exp and
// log run over many short rows as over one long one: rows of few columns sixteen at a time, one in
// each lane; longer ones by what fits the first-level cache. Which way a row goes depends on n
// alone.
#define TUTTI_SCALAR_NAMESPACE tutti::cpu::TUTTI_ISA
#include "core/kernels/cpu/simd/row_parts.h"
#include "core/kernels/cpu/simd/row_vector.h"
#include "core/ops/scalar/exponential.h"
#include "core/ops/scalar/logarithm.h"

namespace tutti::cpu::TUTTI_ISA {
namespace {

constexpr int64_t kFewColumns = 16;
constexpr int64_t kGroup = 2048;  // elements of a group of short rows
constexpr int64_t kGroupRows = kGroup / (kFewColumns + 1);

TUTTI_GEMM_INLINE int64_t rows_of_group(int64_t n) {
  return n > kGroup ? 1 : n > kFewColumns ? kGroup / n : kSumLanes;
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

// Below, of each row r of a group: largest[r], sums[r] = the sum of exp(x - largest), and y = the
// softmax unless y is null; y may be x.

// lanes[l] = columns combined in sequence, of n columns of sixteen rows.
template <typename Combine>
TUTTI_GEMM_INLINE void combine_columns(int64_t n, const float* at, Combine combine, float* lanes) {
  Sixteen all(0);
  for (int i = 0; i < Sixteen::kCount; ++i) all.v[i] = load(at + i * kLanes);
  for (int64_t j = 1; j < n; ++j) all.take(at + j * kSumLanes, combine);
  for (int i = 0; i < Sixteen::kCount; ++i) store(lanes + i * kLanes, all.v[i]);
}
template <typename Combine>
TUTTI_GEMM_INLINE void combine_columns(int64_t n, const double* at, Combine combine,
                                       double* lanes) {
  for (int l = 0; l < kSumLanes; ++l) {
    lanes[l] = at[l];
    for (int64_t j = 1; j < n; ++j) lanes[l] = combine(lanes[l], at[j * kSumLanes + l]);
  }
}

// Up to sixteen rows of few columns.
template <typename T>
void softmax_lanes(int64_t rows, int64_t n, const T* x, T* largest, T* sums, T* y) {
  alignas(64) T at[kFewColumns * kSumLanes], scale[kSumLanes];
  if (rows < kSumLanes)
    for (int64_t i = 0; i < n * kSumLanes; ++i) at[i] = T(0);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t j = 0; j < kFewColumns && j < n; ++j) at[j * kSumLanes + r] = x[r * n + j];
  combine_columns(n, at, CombineLargest(), largest);
  for (int64_t j = 0; j < n; ++j)
    for (int l = 0; l < kSumLanes; ++l)
      at[j * kSumLanes + l] = exp_of(at[j * kSumLanes + l] - largest[l]);
  combine_columns(n, at, CombineSum(), sums);
  if (!y) return;
  for (int l = 0; l < kSumLanes; ++l) scale[l] = T(1) / sums[l];
  for (int64_t j = 0; j < n; ++j)
    for (int l = 0; l < kSumLanes; ++l) at[j * kSumLanes + l] *= scale[l];
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t j = 0; j < kFewColumns && j < n; ++j) y[r * n + j] = at[j * kSumLanes + r];
}

template <typename T>
void softmax_short(int64_t rows, int64_t n, const T* x, T* largest, T* sums, T* y) {
  alignas(64) T scratch[kGroup];
  for (int64_t r = 0; r < rows; ++r) {
    largest[r] = row_largest(x + r * n, n);
    for (int64_t j = 0; j < n; ++j) scratch[r * n + j] = x[r * n + j] - largest[r];
  }
  exponentials(rows * n, scratch);
  for (int64_t r = 0; r < rows; ++r) sums[r] = row_sum(scratch + r * n, n);
  if (!y) return;
  for (int64_t r = 0; r < rows; ++r) {
    const T scale = T(1) / sums[r];
    for (int64_t j = 0; j < n; ++j) y[r * n + j] = scratch[r * n + j] * scale;
  }
}

template <typename T>
void softmax_long(int64_t n, const T* x, T* largest, T* sums, T* y) {
  alignas(64) T scratch[kSumBlock];
  largest[0] = row_largest(x, n);
  BlockTree<T> tree;
  for (int64_t i = 0; i < n; i += kSumBlock) {
    const int64_t count = least(n - i, kSumBlock);
    for (int64_t j = 0; j < count; ++j) scratch[j] = x[i + j] - largest[0];
    exponentials(count, scratch);
    tree.take(combine_block(scratch, count, T(0), CombineSum()));
    for (int64_t j = 0; y && j < count; ++j) y[i + j] = scratch[j];
  }
  sums[0] = tree.finish();
  const T scale = T(1) / sums[0];
  for (int64_t j = 0; y && j < n; ++j) y[j] *= scale;
}

// Calls use(first row, rows, largest, sums) for each group, after y is written.
template <typename T, typename Use>
TUTTI_GEMM_INLINE void each_group(int64_t rows, int64_t n, const T* x, T* y, Use use) {
  alignas(64) T largest[kGroupRows], sums[kGroupRows];
  const int64_t step = rows_of_group(n);
  for (int64_t first = 0; first < rows; first += step) {
    const int64_t count = least(rows - first, step);
    T* to = y ? y + first * n : y;
    if (n <= kFewColumns)
      softmax_lanes(count, n, x + first * n, largest, sums, to);
    else if (n <= kGroup)
      softmax_short(count, n, x + first * n, largest, sums, to);
    else
      softmax_long(n, x + first * n, largest, sums, to);
    use(first, count, largest, sums);
  }
}

template <typename T>
void softmax_of(int64_t rows, int64_t n, const T* x, T* y) {
  each_group(rows, n, x, y, [](int64_t, int64_t, const T*, const T*) {});
}

template <typename T>
void log_softmax_of(int64_t rows, int64_t n, const T* x, T* y) {
  T* none = nullptr;
  each_group(rows, n, x, none, [&](int64_t first, int64_t count, const T* largest, T* sums) {
    logarithms(count, sums);
    for (int64_t r = 0; r < count; ++r)
      for (int64_t j = (first + r) * n; j < (first + r + 1) * n; ++j)
        y[j] = (x[j] - largest[r]) - sums[r];
  });
}

template <typename T>
void sparse_loss_of(int64_t rows, int64_t n, const T* x, const int64_t* labels, T* loss,
                    T* spread) {
  each_group(rows, n, x, spread, [&](int64_t first, int64_t count, const T* largest, T* sums) {
    logarithms(count, sums);
    for (int64_t r = 0; r < count; ++r) {
      const int64_t label = labels[first + r];
      const bool known = label >= 0 && label < n;
      const T at_label = x[(first + r) * n + (known ? label : 0)] - largest[r];
      loss[first + r] = known ? sums[r] - at_label : nan_of<T>();
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
void dense_loss_of(int64_t rows, int64_t n, const T* x, const T* target, T* loss, T* spread) {
  each_group(rows, n, x, spread, [&](int64_t first, int64_t count, const T* largest, T* sums) {
    logarithms(count, sums);
    for (int64_t r = 0; r < count; ++r) {
      const int64_t at = (first + r) * n;
      loss[first + r] = weighted_surprise(n, x + at, target + at, largest[r], sums[r]);
    }
  });
}

// y = x scale of one row. A row of few columns is shorter than what vectors need to get going: a
// loop with two ends is not vectorized.
template <typename T>
TUTTI_GEMM_INLINE void scale_row(int64_t n, const T* x, T scale, T* y) {
  if (n <= kFewColumns)
    for (int64_t j = 0; j < kFewColumns && j < n; ++j) y[j] = x[j] * scale;
  else
    for (int64_t j = 0; j < n; ++j) y[j] = x[j] * scale;
}

template <typename T>
void sparse_gradient_of(int64_t rows, int64_t n, const T* spread, const int64_t* labels,
                        const T* dy, T* dx) {
  for (int64_t r = 0; r < rows; ++r) {
    const T* from = spread + r * n;
    const bool known = labels[r] >= 0 && labels[r] < n;
    const int64_t label = known ? labels[r] : 0;
    const T scale = known ? dy[r] : nan_of<T>(), at_label = (from[label] - T(1)) * scale;
    scale_row(n, from, scale, dx + r * n);
    dx[r * n + label] = at_label;
  }
}

template <typename T>
void dense_gradient_of(int64_t rows, int64_t n, const T* spread, const T* target, const T* dy,
                       T* dx) {
  for (int64_t r = 0; r < rows; ++r) {
    const T weight = row_sum(target + r * n, n);
    for (int64_t j = r * n; j < (r + 1) * n; ++j) dx[j] = (spread[j] * weight - target[j]) * dy[r];
  }
}

}  // namespace

#define TUTTI_SOFTMAX_OF(T)                                                                      \
  void softmax(int64_t rows, int64_t n, const T* x, T* y) { softmax_of(rows, n, x, y); }         \
  void log_softmax(int64_t rows, int64_t n, const T* x, T* y) { log_softmax_of(rows, n, x, y); } \
  void sparse_loss(int64_t rows, int64_t n, const T* x, const int64_t* labels, T* loss,          \
                   T* spread) {                                                                  \
    sparse_loss_of(rows, n, x, labels, loss, spread);                                            \
  }                                                                                              \
  void dense_loss(int64_t rows, int64_t n, const T* x, const T* target, T* loss, T* spread) {    \
    dense_loss_of(rows, n, x, target, loss, spread);                                             \
  }                                                                                              \
  void sparse_gradient(int64_t rows, int64_t n, const T* spread, const int64_t* labels,          \
                       const T* dy, T* dx) {                                                     \
    sparse_gradient_of(rows, n, spread, labels, dy, dx);                                         \
  }                                                                                              \
  void dense_gradient(int64_t rows, int64_t n, const T* spread, const T* target, const T* dy,    \
                      T* dx) {                                                                   \
    dense_gradient_of(rows, n, spread, target, dy, dx);                                          \
  }
TUTTI_SOFTMAX_OF(float)
TUTTI_SOFTMAX_OF(double)

}  // namespace tutti::cpu::TUTTI_ISA
