// Kernels over the last axis: matrices are row-major and dense, [rows, n]. A row's bits depend on n
// and on the row alone. For float and double; the reductions also for int32_t and int64_t.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace tutti::cuda {

enum class RowReduction { sum, largest, smallest };  // a NaN in the row makes the extremes NaN

template <typename T>
void reduce_rows(cudaStream_t stream, RowReduction reduction, int64_t rows, int64_t n, const T* x,
                 T* y);

// The place of the largest or smallest, the first of equals; a NaN counts as both extremes.
template <typename T>
void arg_reduce(cudaStream_t stream, bool largest, int64_t rows, int64_t n, const T* x, int64_t* y);

// Or its logarithm. y may be x.
template <typename T>
void softmax(cudaStream_t stream, bool logarithm, int64_t rows, int64_t n, const T* x, T* y);

// One of `labels` [rows] and `target` [rows, n] is null. A label outside [0, n) gives NaN.
// spread = softmax(x), which the gradient reads.
template <typename T>
void cross_entropy(cudaStream_t stream, int64_t rows, int64_t n, const T* x, const int64_t* labels,
                   const T* target, T* loss, T* spread);
template <typename T>
void cross_entropy_gradient(cudaStream_t stream, int64_t rows, int64_t n, const T* spread,
                            const int64_t* labels, const T* target, const T* dy, T* dx);

// y[i] = x[i, index[i]]; NaN for an index outside [0, n).
template <typename T>
void take_along(cudaStream_t stream, int64_t rows, int64_t n, const T* x, const int64_t* index,
                T* y);
// y [rows, n] = 1 at the label, 0 elsewhere.
void one_hot(cudaStream_t stream, int64_t rows, int64_t n, const int64_t* labels, float* y);

}  // namespace tutti::cuda
