// The kernels over the last axis of the instruction set in use, and how many rows make a tile.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "core/device/isa.h"
#include "core/kernels/cpu/simd/row_kernels.h"

namespace tutti::cpu {

// The kernels compiled for `isa`, which the processor must have.
const RowKernels& row_kernels(Isa isa);
inline const RowKernels& row_kernels() { return row_kernels(active_isa()); }

template <typename T>
const RowFunctions<T>& row_functions() {
  if constexpr (std::is_same_v<T, double>)
    return row_kernels().f64;
  else
    return row_kernels().f32;
}

// Runs of rows, each of about `grain` elements. Waking a thread costs about what 16,384 cheap
// elements do.
struct RowTiles {
  int64_t rows = 0, step = 1, count = 1;

  RowTiles(int64_t total_rows, int64_t elements_per_row, int64_t grain = 16384)
      : rows(total_rows),
        step(std::max<int64_t>(1, grain / std::max<int64_t>(1, elements_per_row))),
        count(std::max<int64_t>(1, (total_rows + step - 1) / step)) {}
  int64_t begin(int64_t tile) const { return tile * step; }
  int64_t length(int64_t tile) const { return std::min(step, rows - tile * step); }
};

}  // namespace tutti::cpu
