#include "core/kernels/cuda/index_kernels.h"

#include "core/kernels/cuda/launch_size.h"

namespace tutti::cuda {
namespace {

template <typename T, typename Place>
__global__ void take_in_rows_kernel(RowTables tables, int64_t count, T outside, const T* table,
                                    const Place* places, T* out) {
  const int64_t i = global_thread();
  if (i >= count) return;
  const int64_t asked = i / tables.width, row = asked / tables.asked;
  const int64_t place = places[asked];
  const bool known = place >= 0 && place < tables.extent;
  out[i] = known ? table[(row * tables.extent + place) * tables.width + i % tables.width] : outside;
}

// The part of [0, extent) that is the work of part `i` of `parts`.
struct Part {
  int64_t begin, end;
  __device__ bool holds(int64_t place) const { return place >= begin && place < end; }
};
__device__ Part part_of(int64_t extent, int64_t parts, int64_t i) {
  return {i * extent / parts, (i + 1) * extent / parts};
}

// A block adds what goes to one part of one row's table, kThreads updates at a time. Of updates for
// one place the first leads: its thread adds all of them.
template <typename T, typename Place>
__global__ void add_in_rows_kernel(RowTables tables, int64_t parts, const T* updates,
                                   const Place* places, T* table) {
  __shared__ int64_t place_of[kThreads];  // -1: no business of this block
  __shared__ int next[kThreads];          // the next update for the same place, or kThreads
  __shared__ bool leads[kThreads];
  const int64_t row = blockIdx.x / parts, width = tables.width;
  const Part part = part_of(tables.extent, parts, blockIdx.x % parts);
  const int own = static_cast<int>(threadIdx.x);
  updates += row * tables.asked * width, places += row * tables.asked;
  table += row * tables.extent * width;
  for (int64_t i = part.begin * width + own; i < part.end * width; i += kThreads) table[i] = T(0);
  for (int64_t base = 0; base < tables.asked; base += kThreads) {
    const int64_t place = base + own < tables.asked ? places[base + own] : -1;
    const bool mine = part.holds(place);
    place_of[own] = mine ? place : -1;
    if (__syncthreads_or(mine)) {
      int after = kThreads;
      bool first = mine;
      for (int other = 0; mine && other < kThreads; ++other) {
        if (place_of[other] != place) continue;
        first = first && other >= own;
        if (other > own && other < after) after = other;
      }
      next[own] = after, leads[own] = first;
      __syncthreads();
      for (int64_t item = own; item < kThreads * width; item += kThreads) {
        const int leader = static_cast<int>(item / width);
        if (!leads[leader]) continue;
        T* to = table + place_of[leader] * width + item % width;
        T sum = *to;
        for (int i = leader; i < kThreads; i = next[i])
          sum += updates[(base + i) * width + item % width];
        *to = sum;
      }
    }
    __syncthreads();
  }
}

// ranks[i] = how many updates before i have its index, counts[v] = how many have index v; `counts`
// begins as zeros. A block takes the indices of one part of [0, extent).
__global__ void rank_updates_kernel(int64_t updates, int64_t extent, const int64_t* indices,
                                    int64_t* counts, int64_t* ranks) {
  __shared__ int64_t index_of[kThreads];
  const Part part = part_of(extent, gridDim.x, blockIdx.x);
  const int own = static_cast<int>(threadIdx.x);
  for (int64_t base = 0; base < updates; base += kThreads) {
    const int64_t index = base + own < updates ? indices[base + own] : -1;
    const bool mine = part.holds(index);
    index_of[own] = mine ? index : -1;
    if (__syncthreads_or(mine)) {
      int64_t rank = mine ? counts[index] : 0;
      bool last = mine;
      for (int other = 0; mine && other < kThreads; ++other) {
        if (index_of[other] != index) continue;
        rank += other < own ? 1 : 0;
        last = last && other <= own;
      }
      __syncthreads();  // all have read the counts
      if (mine) ranks[base + own] = rank;
      if (last) counts[index] = rank + 1;
    }
    __syncthreads();
  }
}

// values[i] = values[0] + .. + values[i]. One block, a run of values to a thread.
constexpr int kScanThreads = 1024;
__global__ void running_sums_kernel(int64_t count, int64_t* values) {
  __shared__ int64_t totals[kScanThreads];
  const int own = static_cast<int>(threadIdx.x);
  const int64_t each = (count + kScanThreads - 1) / kScanThreads;
  const int64_t begin = own * each < count ? own * each : count;
  const int64_t end = begin + each < count ? begin + each : count;
  int64_t total = 0;
  for (int64_t i = begin; i < end; ++i) total += values[i];
  totals[own] = total;
  __syncthreads();
  for (int step = 1; step < kScanThreads; step *= 2) {
    const int64_t before = own >= step ? totals[own - step] : 0;
    __syncthreads();
    totals[own] += before;
    __syncthreads();
  }
  int64_t sum = totals[own] - total;
  for (int64_t i = begin; i < end; ++i) values[i] = sum += values[i];
}

__global__ void place_updates_kernel(int64_t updates, int64_t extent, const int64_t* indices,
                                     const int64_t* first, const int64_t* ranks, int64_t* sorted) {
  const int64_t i = global_thread();
  if (i >= updates) return;
  const int64_t index = indices[i];
  if (index >= 0 && index < extent) sorted[first[index] + ranks[i]] = i;
}

// The first of [from, to) whose number is not below `bound`.
__device__ int64_t first_from(const int64_t* numbers, int64_t from, int64_t to, int64_t bound) {
  while (from < to) {
    const int64_t middle = (from + to) / 2;
    if (numbers[middle] < bound)
      from = middle + 1;
    else
      to = middle;
  }
  return from;
}

// A thread per element of a root's result; blockIdx.y is the root. A shard without updates adds +0,
// which changes no sum that began at +0; those after the last update are left out for that reason.
template <typename T>
__global__ void add_sorted_kernel(ShardSums sums, int64_t count, int64_t width,
                                  const int64_t* first, const int64_t* sorted, const T* updates,
                                  T* out) {
  constexpr int kShardLevels = 17;
  const int64_t i = global_thread();
  if (i >= count) return;
  const int64_t entry = i / width, column = i % width;
  const int64_t root = sums.first[blockIdx.y], shards = sums.first[blockIdx.y + 1] - root;
  const int64_t end = first[entry + 1];
  int64_t at = first_from(sorted, first[entry], end, sums.offsets[root]);
  T level[kShardLevels];
  int depth = 0;
  for (int64_t s = 0; at < end && s < shards; ++s) {
    const int64_t shard_end = first_from(sorted, at, end, sums.offsets[root + s + 1]);
    T sum = T(0);
    for (; at < shard_end; ++at) sum += updates[sorted[at] * width + column];
    for (int64_t bits = s; bits & 1; bits >>= 1) sum = level[--depth] + sum;
    level[depth++] = sum;
  }
  T total = depth > 0 ? level[--depth] : T(0);
  while (depth > 0) total = level[--depth] + total;
  out[blockIdx.y * sums.stride + i] = total;
}

}  // namespace

template <typename T, typename Place>
void take_in_rows(cudaStream_t stream, const RowTables& tables, T outside, const T* table,
                  const Place* places, T* out) {
  const int64_t count = tables.rows * tables.asked * tables.width;
  if (count > 0)
    take_in_rows_kernel<<<blocks_for(count), kThreads, 0, stream>>>(tables, count, outside, table,
                                                                    places, out);
}

template <typename T, typename Place>
void add_in_rows(cudaStream_t stream, const RowTables& tables, const T* updates,
                 const Place* places, T* table) {
  if (tables.rows * tables.extent * tables.width == 0) return;
  // Few rows are cut into parts, each of which reads all places of its row.
  constexpr int64_t kWantedBlocks = 512, kMostParts = 64;
  int64_t parts = kWantedBlocks / tables.rows;
  if (parts > kMostParts) parts = kMostParts;
  if (parts > tables.extent) parts = tables.extent;
  if (parts < 1) parts = 1;
  add_in_rows_kernel<<<static_cast<unsigned>(tables.rows * parts), kThreads, 0, stream>>>(
      tables, parts, updates, places, table);
}

void sort_updates(cudaStream_t stream, int64_t updates, int64_t extent, const int64_t* indices,
                  int64_t* first, int64_t* sorted, int64_t* ranks) {
  if (updates == 0 || extent == 0) return;
  constexpr int64_t kMostParts = 256;
  rank_updates_kernel<<<static_cast<unsigned>(extent < kMostParts ? extent : kMostParts), kThreads,
                        0, stream>>>(updates, extent, indices, first + 1, ranks);
  running_sums_kernel<<<1, kScanThreads, 0, stream>>>(extent, first + 1);
  place_updates_kernel<<<blocks_for(updates), kThreads, 0, stream>>>(updates, extent, indices,
                                                                     first, ranks, sorted);
}

template <typename T>
void add_sorted(cudaStream_t stream, const ShardSums& sums, int64_t extent, int64_t width,
                const int64_t* first, const int64_t* sorted, const T* updates, T* out) {
  const int64_t count = extent * width;
  if (count == 0 || sums.roots == 0) return;
  const dim3 grid(blocks_for(count), static_cast<unsigned>(sums.roots));
  add_sorted_kernel<<<grid, kThreads, 0, stream>>>(sums, count, width, first, sorted, updates, out);
}

#define TUTTI_INSTANTIATE_PLACES(T, Place)                                                        \
  template void take_in_rows<T, Place>(cudaStream_t, const RowTables&, T, const T*, const Place*, \
                                       T*);                                                       \
  template void add_in_rows<T, Place>(cudaStream_t, const RowTables&, const T*, const Place*, T*);
#define TUTTI_INSTANTIATE_INDICES(T)                                                            \
  TUTTI_INSTANTIATE_PLACES(T, int32_t)                                                          \
  TUTTI_INSTANTIATE_PLACES(T, int64_t)                                                          \
  template void add_sorted<T>(cudaStream_t, const ShardSums&, int64_t, int64_t, const int64_t*, \
                              const int64_t*, const T*, T*);
TUTTI_INSTANTIATE_INDICES(float)
TUTTI_INSTANTIATE_INDICES(double)

}  // namespace tutti::cuda
