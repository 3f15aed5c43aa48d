#include "core/kernels/cuda/row_kernels.h"

#include "core/kernels/cuda/launch_size.h"
#include "core/ops/scalar/exponential.h"
#include "core/ops/scalar/logarithm.h"

namespace tutti::cuda {
namespace {

using scalar::exp_of;
using scalar::log_of;
using scalar::nan_of;

// A row is the work of one team: a warp for short rows, a block of kLongTeam threads for long ones.
// blockDim is (team, rows of a block).
constexpr int kWarp = 32, kWarpsOfBlock = 8, kLongTeam = 256;
constexpr int64_t kLongRow = 1024;

struct Add {
  template <typename T>
  __device__ T operator()(T a, T b) const {
    return a + b;
  }
};
struct Largest {
  template <typename T>
  __device__ T operator()(T a, T b) const {
    return a > b || a != a ? a : b;
  }
};
struct Smallest {
  template <typename T>
  __device__ T operator()(T a, T b) const {
    return a < b || a != a ? a : b;
  }
};

// Every thread of the team gets the team's value.
template <int kTeam, typename T, typename Combine>
__device__ T team_reduce(T value, Combine combine) {
  for (int step = kWarp / 2; step > 0; step /= 2)
    value = combine(value, __shfl_xor_sync(0xffffffffu, value, step));
  if (kTeam == kWarp) return value;
  __shared__ T parts[kLongTeam / kWarp];
  if (threadIdx.x % kWarp == 0) parts[threadIdx.x / kWarp] = value;
  __syncthreads();
  T total = parts[0];
  for (int i = 1; i < kLongTeam / kWarp; ++i) total = combine(total, parts[i]);
  __syncthreads();
  return total;
}

template <int kTeam>
__device__ int64_t team_row() {
  return static_cast<int64_t>(blockIdx.x) * blockDim.y + threadIdx.y;
}

// combine over value(j), j in [0, n); `start` is the neutral element.
template <int kTeam, typename T, typename Combine, typename Element>
__device__ T team_over(int64_t n, T start, Combine combine, Element element) {
  T mine = start;
  for (int64_t j = threadIdx.x; j < n; j += kTeam) mine = combine(mine, element(j));
  return team_reduce<kTeam>(mine, combine);
}

template <int kTeam, typename T>
__device__ T row_largest(int64_t n, const T* x) {
  return team_over<kTeam>(n, x[0], Largest(), [&](int64_t j) { return x[j]; });
}
template <int kTeam, typename T>
__device__ T exponential_sum(int64_t n, const T* x, T largest) {
  return team_over<kTeam>(n, T(0), Add(), [&](int64_t j) { return exp_of(x[j] - largest); });
}

template <int kTeam, typename T>
__global__ void reduce_rows_kernel(RowReduction reduction, int64_t rows, int64_t n, const T* x,
                                   T* y) {
  const int64_t row = team_row<kTeam>();
  if (row >= rows) return;
  x += row * n;
  const auto element = [&](int64_t j) { return x[j]; };
  T result;
  if (reduction == RowReduction::sum)
    result = team_over<kTeam>(n, T(0), Add(), element);
  else if (reduction == RowReduction::largest)
    result = team_over<kTeam>(n, x[0], Largest(), element);
  else
    result = team_over<kTeam>(n, x[0], Smallest(), element);
  if (threadIdx.x == 0) y[row] = result;
}

// Whether a at i comes before b at j.
template <typename T>
__device__ bool wins(bool largest, T a, int64_t i, T b, int64_t j) {
  const bool a_nan = a != a, b_nan = b != b;
  if (a_nan != b_nan) return a_nan;
  if (!a_nan && a != b) return largest ? a > b : a < b;
  return i < j;
}

template <int kTeam, typename T>
__global__ void arg_reduce_kernel(bool largest, int64_t rows, int64_t n, const T* x, int64_t* y) {
  const int64_t row = team_row<kTeam>();
  if (row >= rows) return;
  x += row * n;
  const auto better = [&](int64_t i, int64_t j) { return wins(largest, x[i], i, x[j], j) ? i : j; };
  const int64_t result = team_over<kTeam>(n, int64_t{0}, better, [](int64_t j) { return j; });
  if (threadIdx.x == 0) y[row] = result;
}

template <int kTeam, typename T>
__global__ void softmax_kernel(bool logarithm, int64_t rows, int64_t n, const T* x, T* y) {
  const int64_t row = team_row<kTeam>();
  if (row >= rows) return;
  x += row * n, y += row * n;
  const T largest = row_largest<kTeam>(n, x);
  const T sum = exponential_sum<kTeam>(n, x, largest);
  const T scale = T(1) / sum, log_sum = log_of(sum);
  for (int64_t j = threadIdx.x; j < n; j += kTeam)
    y[j] = logarithm ? (x[j] - largest) - log_sum : exp_of(x[j] - largest) * scale;
}

template <int kTeam, typename T>
__global__ void cross_entropy_kernel(int64_t rows, int64_t n, const T* x, const int64_t* labels,
                                     const T* target, T* loss, T* spread) {
  const int64_t row = team_row<kTeam>();
  if (row >= rows) return;
  x += row * n, spread += row * n;
  const T largest = row_largest<kTeam>(n, x);
  const T sum = exponential_sum<kTeam>(n, x, largest);
  const T scale = T(1) / sum, log_sum = log_of(sum);
  for (int64_t j = threadIdx.x; j < n; j += kTeam) spread[j] = exp_of(x[j] - largest) * scale;
  T result;
  if (labels) {
    const int64_t label = labels[row];
    const bool known = label >= 0 && label < n;
    result = known ? log_sum - (x[known ? label : 0] - largest) : nan_of<T>();
  } else {
    target += row * n;
    result = team_over<kTeam>(n, T(0), Add(),
                              [&](int64_t j) { return target[j] * (log_sum - (x[j] - largest)); });
  }
  if (threadIdx.x == 0) loss[row] = result;
}

template <int kTeam, typename T>
__global__ void cross_entropy_gradient_kernel(int64_t rows, int64_t n, const T* spread,
                                              const int64_t* labels, const T* target, const T* dy,
                                              T* dx) {
  const int64_t row = team_row<kTeam>();
  if (row >= rows) return;
  spread += row * n, dx += row * n;
  const int64_t label = labels ? labels[row] : -1;
  const bool known = !labels || (label >= 0 && label < n);
  const T scale = known ? dy[row] : nan_of<T>();
  T weight = T(1);
  if (!labels) {
    target += row * n;
    weight = team_over<kTeam>(n, T(0), Add(), [&](int64_t j) { return target[j]; });
  }
  for (int64_t j = threadIdx.x; j < n; j += kTeam) {
    const T wanted = labels ? (j == label ? T(1) : T(0)) : target[j];
    dx[j] = (spread[j] * weight - wanted) * scale;
  }
}

template <typename T>
__global__ void take_along_kernel(int64_t rows, int64_t n, const T* x, const int64_t* index, T* y) {
  const int64_t row = global_thread();
  if (row >= rows) return;
  const bool known = index[row] >= 0 && index[row] < n;
  y[row] = known ? x[row * n + index[row]] : nan_of<T>();
}

__global__ void one_hot_kernel(int64_t count, int64_t n, const int64_t* labels, float* y) {
  const int64_t i = global_thread();
  if (i < count) y[i] = labels[i / n] == i % n ? 1.0f : 0.0f;
}

}  // namespace

// Runs kernel<team, T> with a team that suits rows of n elements.
#define TUTTI_LAUNCH_TEAMS(kernel, T, ...)                                                    \
  if (rows == 0) return;                                                                      \
  if (n > kLongRow)                                                                           \
    kernel<kLongTeam, T><<<static_cast<unsigned>(rows), kLongTeam, 0, stream>>>(__VA_ARGS__); \
  else                                                                                        \
    kernel<kWarp, T>                                                                          \
        <<<blocks_for(rows, kWarpsOfBlock), dim3(kWarp, kWarpsOfBlock), 0, stream>>>(__VA_ARGS__)

template <typename T>
void reduce_rows(cudaStream_t stream, RowReduction reduction, int64_t rows, int64_t n, const T* x,
                 T* y) {
  TUTTI_LAUNCH_TEAMS(reduce_rows_kernel, T, reduction, rows, n, x, y);
}
template <typename T>
void arg_reduce(cudaStream_t stream, bool largest, int64_t rows, int64_t n, const T* x,
                int64_t* y) {
  TUTTI_LAUNCH_TEAMS(arg_reduce_kernel, T, largest, rows, n, x, y);
}
template <typename T>
void softmax(cudaStream_t stream, bool logarithm, int64_t rows, int64_t n, const T* x, T* y) {
  TUTTI_LAUNCH_TEAMS(softmax_kernel, T, logarithm, rows, n, x, y);
}
template <typename T>
void cross_entropy(cudaStream_t stream, int64_t rows, int64_t n, const T* x, const int64_t* labels,
                   const T* target, T* loss, T* spread) {
  TUTTI_LAUNCH_TEAMS(cross_entropy_kernel, T, rows, n, x, labels, target, loss, spread);
}
template <typename T>
void cross_entropy_gradient(cudaStream_t stream, int64_t rows, int64_t n, const T* spread,
                            const int64_t* labels, const T* target, const T* dy, T* dx) {
  TUTTI_LAUNCH_TEAMS(cross_entropy_gradient_kernel, T, rows, n, spread, labels, target, dy, dx);
}
template <typename T>
void take_along(cudaStream_t stream, int64_t rows, int64_t n, const T* x, const int64_t* index,
                T* y) {
  if (rows > 0) take_along_kernel<<<blocks_for(rows), kThreads, 0, stream>>>(rows, n, x, index, y);
}
void one_hot(cudaStream_t stream, int64_t rows, int64_t n, const int64_t* labels, float* y) {
  if (rows * n > 0)
    one_hot_kernel<<<blocks_for(rows * n), kThreads, 0, stream>>>(rows * n, n, labels, y);
}

#define TUTTI_INSTANTIATE_REDUCTION(T) \
  template void reduce_rows<T>(cudaStream_t, RowReduction, int64_t, int64_t, const T*, T*);
#define TUTTI_INSTANTIATE_ROWS(T)                                                          \
  TUTTI_INSTANTIATE_REDUCTION(T)                                                           \
  template void arg_reduce<T>(cudaStream_t, bool, int64_t, int64_t, const T*, int64_t*);   \
  template void softmax<T>(cudaStream_t, bool, int64_t, int64_t, const T*, T*);            \
  template void cross_entropy<T>(cudaStream_t, int64_t, int64_t, const T*, const int64_t*, \
                                 const T*, T*, T*);                                        \
  template void cross_entropy_gradient<T>(cudaStream_t, int64_t, int64_t, const T*,        \
                                          const int64_t*, const T*, const T*, T*);         \
  template void take_along<T>(cudaStream_t, int64_t, int64_t, const T*, const int64_t*, T*);
TUTTI_INSTANTIATE_ROWS(float)
TUTTI_INSTANTIATE_ROWS(double)
TUTTI_INSTANTIATE_REDUCTION(int32_t)
TUTTI_INSTANTIATE_REDUCTION(int64_t)

}  // namespace tutti::cuda
