#include "core/kernels/cpu/gemm_dispatch.h"

#include <algorithm>

namespace tutti::cpu {

namespace x86_64 {
const GemmKernels& gemm_kernels();
}
namespace avx2 {
const GemmKernels& gemm_kernels();
}
namespace avx512 {
const GemmKernels& gemm_kernels();
}

const GemmKernels& gemm_kernels(Isa isa) {
  switch (isa) {
    case Isa::avx512:
      return avx512::gemm_kernels();
    case Isa::avx2:
      return avx2::gemm_kernels();
    case Isa::x86_64:
      break;
  }
  return x86_64::gemm_kernels();
}

namespace {

constexpr int64_t kGrain = 32;  // a multiple of every instruction set's panel width

// Nearly equal tiles of at most `longest`, a multiple of `grain`.
int64_t tile_length(int64_t total, int64_t longest, int64_t grain) {
  if (total <= longest) return std::max<int64_t>(total, 1);
  const int64_t parts = (total + longest - 1) / longest;
  const int64_t length = (total + parts - 1) / parts;
  return (length + grain - 1) / grain * grain;
}

GemmTiles tiles_of(int64_t m, int64_t n, int64_t rows, int64_t columns) {
  GemmTiles tiles{rows, columns, 0, 0};
  tiles.down = (m + rows - 1) / rows;
  tiles.across = (n + columns - 1) / columns;
  return tiles;
}

}  // namespace

GemmTiles gemm_tiles(int64_t m, int64_t n, int64_t k) {
  // Waking a thread costs about what 100,000 multiply-adds do.
  if (m * n * k <= 200'000) return tiles_of(m, n, std::max<int64_t>(m, 1), std::max<int64_t>(n, 1));
  return tiles_of(m, n, tile_length(m, 128, 1), tile_length(n, 128, kGrain));
}

GemmTiles gemm_shard_tiles(int64_t m, int64_t n, int64_t rows) {
  if (m * n * rows <= 200'000)
    return tiles_of(m, n, std::max<int64_t>(m, 1), std::max<int64_t>(n, 1));
  return tiles_of(m, n, tile_length(m, 112, 1), tile_length(n, 512, kGrain));
}

int64_t gemm_packed_size(const GemmKernels& kernels, int64_t n, int64_t k) {
  const int64_t panels = (n + kernels.panel_width - 1) / kernels.panel_width;
  return panels * kernels.panel_width * k;
}

}  // namespace tutti::cpu
