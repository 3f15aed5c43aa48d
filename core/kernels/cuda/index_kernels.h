// Kernels that read and add by index. What is added at one place is added in the order of the
// updates: nothing depends on which thread comes first. For float and double; places are int32_t or
// int64_t.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "core/kernels/cuda/sum_kernels.h"

namespace tutti::cuda {

// Rows, each with a table of `extent` entries of `width` elements and `asked` places in it.
struct RowTables {
  int64_t rows = 0, extent = 0, asked = 0, width = 0;
};

// out [rows, asked, width] = the entries at the places; `outside` for a place outside [0, extent).
template <typename T, typename Place>
void take_in_rows(cudaStream_t stream, const RowTables& tables, T outside, const T* table,
                  const Place* places, T* out);

// table [rows, extent, width] = the sums of the updates [rows, asked, width] at each place, from
// +0, in ascending order; places outside [0, extent) are passed over.
template <typename T, typename Place>
void add_in_rows(cudaStream_t stream, const RowTables& tables, const T* updates,
                 const Place* places, T* table);

// Sorts the updates by index and keeps the order of equal ones: those of entry v are
// sorted[first[v]] up to sorted[first[v + 1]]. first [extent + 1] begins as zeros; sorted and ranks
// are [updates], of which ranks is scratch. Indices outside [0, extent) are left out.
void sort_updates(cudaStream_t stream, int64_t updates, int64_t extent, const int64_t* indices,
                  int64_t* first, int64_t* sorted, int64_t* ranks);
// out [extent, width] of each root = the tree over its shards of the sums of the sorted updates.
template <typename T>
void add_sorted(cudaStream_t stream, const ShardSums& sums, int64_t extent, int64_t width,
                const int64_t* first, const int64_t* sorted, const T* updates, T* out);

}  // namespace tutti::cuda
