#include "core/kernels/cuda/sum_kernels.h"

#include "core/kernels/cuda/launch_size.h"
#include "core/ops/scalar/bits.h"

namespace tutti::cuda {
namespace {

using scalar::mul_add;

constexpr int kTreeLevels = 40;
constexpr int kColumnThreads = 8;            // threads of a column, each taking whole shards
constexpr size_t kColumnShared = 32 * 1024;  // bytes of shard sums of a block

// blockDim is (columns, kColumnThreads); blockIdx.y is the root.
template <typename T>
__global__ void column_sums_kernel(ShardSums sums, int64_t columns, const T* x, T* out) {
  extern __shared__ __align__(16) unsigned char column_shared[];
  T* shard_sum = reinterpret_cast<T*>(column_shared);  // [shard][column of the block]
  const int64_t column = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const int64_t first = sums.first[blockIdx.y];
  const int shards = static_cast<int>(sums.first[blockIdx.y + 1] - first);
  for (int s = threadIdx.y; s < shards; s += kColumnThreads) {
    T sum = 0;
    if (column < columns)
      for (int64_t i = sums.offsets[first + s]; i < sums.offsets[first + s + 1]; ++i)
        sum += x[i * columns + column];
    shard_sum[s * blockDim.x + threadIdx.x] = sum;
  }
  __syncthreads();
  if (threadIdx.y > 0 || column >= columns) return;
  for (int step = 1; step < shards; step *= 2)
    for (int s = 0; s + step < shards; s += 2 * step)
      shard_sum[s * blockDim.x + threadIdx.x] += shard_sum[(s + step) * blockDim.x + threadIdx.x];
  out[blockIdx.y * sums.stride + column] = shards > 0 ? shard_sum[threadIdx.x] : T(0);
}

// A tile of kTile x kTile sums by 16 x 16 threads of kEach x kEach; kDepth rows at a time.
constexpr int kTile = 64, kSide = 16, kEach = kTile / kSide, kDepth = 16;

template <typename T>
struct Patch {
  T at[kEach][kEach];
};

// Rows [row, row + kDepth) of x's columns [column, column + kTile); 0 beyond the ends.
template <typename T>
__device__ void load_strip(T (&strip)[kDepth][kTile], const T* x, int64_t width, int64_t column,
                           int64_t row, int64_t end) {
  for (int i = threadIdx.x; i < kDepth * kTile; i += kSide * kSide) {
    const int r = i / kTile, c = i % kTile;
    const bool inside = row + r < end && column + c < width;
    strip[r][c] = inside ? x[(row + r) * width + column + c] : T(0);
  }
}

template <typename T>
__device__ Patch<T> shard_patch(const T* a, const T* b, int64_t m, int64_t n, int64_t i0,
                                int64_t j0, int64_t begin, int64_t end) {
  __shared__ T left[kDepth][kTile], right[kDepth][kTile];
  const int y = threadIdx.x / kSide, x = threadIdx.x % kSide;
  Patch<T> sum = {};
  for (int64_t row = begin; row < end; row += kDepth) {
    load_strip(left, a, m, i0, row, end);
    load_strip(right, b, n, j0, row, end);
    __syncthreads();
    const int depth = static_cast<int>(end - row < kDepth ? end - row : kDepth);
    for (int r = 0; r < depth; ++r)
      for (int i = 0; i < kEach; ++i)
        for (int j = 0; j < kEach; ++j)
          sum.at[i][j] = mul_add(left[r][y + i * kSide], right[r][x + j * kSide], sum.at[i][j]);
    __syncthreads();
  }
  return sum;
}

template <typename T>
__device__ void add_patch(Patch<T>& into, const Patch<T>& other) {
  for (int i = 0; i < kEach; ++i)
    for (int j = 0; j < kEach; ++j) into.at[i][j] = other.at[i][j] + into.at[i][j];
}

// blockIdx is (tile across, tile down, root).
template <typename T>
__global__ void __launch_bounds__(kSide* kSide)
    shard_product_kernel(ShardSums sums, int64_t m, int64_t n, const T* a, const T* b, T* out) {
  constexpr int kShardLevels = 17;
  Patch<T> level[kShardLevels];
  const int64_t i0 = static_cast<int64_t>(blockIdx.y) * kTile;
  const int64_t j0 = static_cast<int64_t>(blockIdx.x) * kTile;
  const int64_t first = sums.first[blockIdx.z], shards = sums.first[blockIdx.z + 1] - first;
  int depth = 0;
  for (int64_t s = 0; s < shards; ++s) {
    Patch<T> sum =
        shard_patch(a, b, m, n, i0, j0, sums.offsets[first + s], sums.offsets[first + s + 1]);
    for (int64_t bits = s; bits & 1; bits >>= 1) add_patch(sum, level[--depth]);
    level[depth++] = sum;
  }
  Patch<T> total = {};
  if (depth > 0) total = level[--depth];
  while (depth > 0) add_patch(total, level[--depth]);
  out += blockIdx.z * sums.stride;
  for (int i = 0; i < kEach; ++i)
    for (int j = 0; j < kEach; ++j) {
      const int64_t row = i0 + threadIdx.x / kSide + i * kSide;
      const int64_t column = j0 + threadIdx.x % kSide + j * kSide;
      if (row < m && column < n) out[row * n + column] = total.at[i][j];
    }
}

template <typename T>
__device__ T combine(AxisReduction reduction, T a, T b) {
  if (reduction == AxisReduction::sum) return a + b;
  if (reduction == AxisReduction::largest) return a > b || a != a ? a : b;
  return a < b || a != a ? a : b;
}

template <typename T>
__global__ void reduce_middle_kernel(AxisReduction reduction, int64_t count, int64_t reduced,
                                     int64_t inner, const T* x, T* y) {
  const int64_t i = global_thread();
  if (i >= count) return;
  x += i / inner * reduced * inner + i % inner;
  T result = reduction == AxisReduction::sum ? T(0) : x[0];
  for (int64_t r = 0; r < reduced; ++r) result = combine(reduction, result, x[r * inner]);
  y[i] = result;
}

// y - y is 0, or NaN for what is not finite.
template <typename T>
__device__ T term_of(BlockTerm term, T x) {
  if (term == BlockTerm::element) return x;
  const T y = term == BlockTerm::square_not_finite ? x * x : x;
  return y - y == T(0) ? T(0) : T(1);
}

template <typename T>
__global__ void block_sums_kernel(BlockTerm term, const int64_t* begins, const T* x, T* sums) {
  __shared__ T parts[kThreads];
  T sum = 0;
  for (int64_t i = begins[blockIdx.x] + threadIdx.x; i < begins[blockIdx.x + 1]; i += kThreads)
    sum += term_of(term, x[i]);
  parts[threadIdx.x] = sum;
  for (int step = kThreads / 2; step > 0; step /= 2) {
    __syncthreads();
    if (threadIdx.x < step) parts[threadIdx.x] += parts[threadIdx.x + step];
  }
  if (threadIdx.x == 0) sums[blockIdx.x] = parts[0];
}

template <typename T>
__global__ void fold_blocks_kernel(int64_t count, const int64_t* first, const T* sums, T* totals) {
  const int64_t v = global_thread();
  if (v >= count) return;
  T level[kTreeLevels];
  int depth = 0;
  for (int64_t i = 0; i < first[v + 1] - first[v]; ++i) {
    T sum = sums[first[v] + i];
    for (int64_t bits = i; bits & 1; bits >>= 1) sum = level[--depth] + sum;
    level[depth++] = sum;
  }
  T total = depth > 0 ? level[--depth] : T(0);
  while (depth > 0) total = level[--depth] + total;
  totals[v] = total;
}

template <typename T>
__global__ void add_to_kernel(int64_t count, const T* from, T* to) {
  const int64_t i = global_thread();
  if (i < count) to[i] += from[i];
}

}  // namespace

template <typename T>
void column_sums(cudaStream_t stream, const ShardSums& sums, int64_t columns, const T* x, T* out) {
  if (columns == 0 || sums.roots == 0) return;
  unsigned width = 32;
  const size_t shards = static_cast<size_t>(sums.most_shards > 0 ? sums.most_shards : 1);
  while (width > 1 && width * shards * sizeof(T) > kColumnShared) width /= 2;
  const dim3 grid(blocks_for(columns, width), static_cast<unsigned>(sums.roots));
  column_sums_kernel<<<grid, dim3(width, kColumnThreads), width * shards * sizeof(T), stream>>>(
      sums, columns, x, out);
}

template <typename T>
void shard_product(cudaStream_t stream, const ShardSums& sums, int64_t m, int64_t n, const T* a,
                   const T* b, T* out) {
  if (m * n == 0 || sums.roots == 0) return;
  const dim3 grid(blocks_for(n, kTile), blocks_for(m, kTile), static_cast<unsigned>(sums.roots));
  shard_product_kernel<<<grid, kSide * kSide, 0, stream>>>(sums, m, n, a, b, out);
}

template <typename T>
void reduce_middle(cudaStream_t stream, AxisReduction reduction, int64_t outer, int64_t reduced,
                   int64_t inner, const T* x, T* y) {
  const int64_t count = outer * inner;
  if (count > 0)
    reduce_middle_kernel<<<blocks_for(count), kThreads, 0, stream>>>(reduction, count, reduced,
                                                                     inner, x, y);
}

template <typename T>
void block_sums(cudaStream_t stream, BlockTerm term, int64_t count, const int64_t* begins,
                const T* x, T* sums) {
  if (count > 0)
    block_sums_kernel<<<static_cast<unsigned>(count), kThreads, 0, stream>>>(term, begins, x, sums);
}

template <typename T>
void fold_blocks(cudaStream_t stream, int64_t count, const int64_t* first, const T* sums,
                 T* totals) {
  if (count > 0)
    fold_blocks_kernel<<<blocks_for(count), kThreads, 0, stream>>>(count, first, sums, totals);
}

template <typename T>
void add_to(cudaStream_t stream, int64_t count, const T* from, T* to) {
  if (count > 0) add_to_kernel<<<blocks_for(count), kThreads, 0, stream>>>(count, from, to);
}

#define TUTTI_INSTANTIATE_INTEGER_SUMS(T)                                                          \
  template void column_sums<T>(cudaStream_t, const ShardSums&, int64_t, const T*, T*);             \
  template void reduce_middle<T>(cudaStream_t, AxisReduction, int64_t, int64_t, int64_t, const T*, \
                                 T*);                                                              \
  template void add_to<T>(cudaStream_t, int64_t, const T*, T*);
#define TUTTI_INSTANTIATE_SUMS(T)                                                              \
  TUTTI_INSTANTIATE_INTEGER_SUMS(T)                                                            \
  template void shard_product<T>(cudaStream_t, const ShardSums&, int64_t, int64_t, const T*,   \
                                 const T*, T*);                                                \
  template void block_sums<T>(cudaStream_t, BlockTerm, int64_t, const int64_t*, const T*, T*); \
  template void fold_blocks<T>(cudaStream_t, int64_t, const int64_t*, const T*, T*);
TUTTI_INSTANTIATE_SUMS(float)
TUTTI_INSTANTIATE_SUMS(double)
TUTTI_INSTANTIATE_INTEGER_SUMS(int32_t)
TUTTI_INSTANTIATE_INTEGER_SUMS(int64_t)

}  // namespace tutti::cuda
