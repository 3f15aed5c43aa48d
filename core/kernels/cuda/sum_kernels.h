// Sums over rows: inside a shard in ascending order or by a fixed pattern, over shards in the tree
// of core/base/shard_layout.h. For float and double; column_sums also for int32_t and int64_t.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace tutti::cuda {

// Shards and subtree roots, in device memory. Root r covers shards [first[r], first[r + 1]); shard
// s covers rows [offsets[s], offsets[s + 1]). Its sums begin at out + r * stride.
struct ShardSums {
  const int64_t* offsets;
  const int64_t* first;
  int roots;
  int most_shards;  // of one root
  int64_t stride;   // elements
};

// out[j] = sum over rows i of x[i, j].
template <typename T>
void column_sums(cudaStream_t stream, const ShardSums& sums, int64_t columns, const T* x, T* out);

// out[i, j] = sum over rows r of a[r, i] b[r, j]; a is [rows, m], b [rows, n].
template <typename T>
void shard_product(cudaStream_t stream, const ShardSums& sums, int64_t m, int64_t n, const T* a,
                   const T* b, T* out);

enum class AxisReduction { sum, largest, smallest };
// [outer, reduced, inner] -> [outer, inner], a chain per element.
template <typename T>
void reduce_middle(cudaStream_t stream, AxisReduction reduction, int64_t outer, int64_t reduced,
                   int64_t inner, const T* x, T* y);

// What is summed of an element: itself, or 1 where it or its square is not finite, else 0.
enum class BlockTerm { element, not_finite, square_not_finite };
// sums[b] = sum over x [begins[b], begins[b + 1]), for `count` blocks.
template <typename T>
void block_sums(cudaStream_t stream, BlockTerm term, int64_t count, const int64_t* begins,
                const T* x, T* sums);
// totals[v] = the tree over sums [first[v], first[v + 1]); 0 for none.
template <typename T>
void fold_blocks(cudaStream_t stream, int64_t count, const int64_t* first, const T* sums,
                 T* totals);

// to += from. Also for int64_t.
template <typename T>
void add_to(cudaStream_t stream, int64_t count, const T* from, T* to);

}  // namespace tutti::cuda
