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

int64_t gemm_parts_of(int64_t total, int64_t length) { return (total + length - 1) / length; }

GemmTiles gemm_tiles_of(int64_t m, int64_t n, int64_t rows, int64_t columns) {
  return {rows, columns, gemm_parts_of(m, rows), gemm_parts_of(n, columns)};
}

// The grid with the least estimated time, summed over 1, 2, 4 and 8 threads as multiples of the
// ideal. cost(rows, columns) estimates one tile; more than one tile down costs `split` beside them.
template <typename Cost>
GemmTiles best_gemm_tiles(int64_t m, int64_t n, double split, const Cost& cost) {
  const GemmTiles whole = gemm_tiles_of(m, n, std::max<int64_t>(m, 1), std::max<int64_t>(n, 1));
  const double total = cost(m, n);
  if (m == 0 || n == 0) return whole;  // a rank without rows
  if (total < 20'000) return whole;    // waking a thread costs as much
  GemmTiles best = whole;
  double least = 0;
  for (int64_t down = gemm_parts_of(m, 256); down <= gemm_parts_of(m, 32); down += (down + 1) / 2)
    // Columns in multiples of every instruction set's panel.
    for (const int64_t columns : {32, 64, 96, 128, 192, 256, 384, 512}) {
      const GemmTiles tiles = gemm_tiles_of(m, n, gemm_parts_of(m, down), columns);
      const double one = cost(std::min(tiles.rows, m), std::min(tiles.columns, n)) + 500;
      // What a grid of equal tiles would cost in all, less what its edges lack.
      const double work =
          one * static_cast<double>(m * n) / static_cast<double>(tiles.rows * tiles.columns);
      double time = tiles.down > 1 ? split : 0;
      for (const int64_t threads : {1, 2, 4, 8}) {
        const auto rounds = static_cast<double>(gemm_parts_of(tiles.count(), threads));
        const double shared = work / static_cast<double>(threads);
        time += static_cast<double>(threads) * std::max(shared, (shared + rounds * one) / 2);
      }
      if (least == 0 || time < least) {
        least = time;
        best = tiles;
      }
      if (columns >= n) break;
    }
  return best;
}

}  // namespace

// Costs are in cycles of one multiply-add of 16 lanes each; the fractions were measured.
GemmTiles gemm_tiles(int64_t m, int64_t n, int64_t k) {
  // Tiles below each other share a packed B, which crosses from the caches of those who packed it.
  const double shared_pack = 4 * static_cast<double>(k * n);
  return best_gemm_tiles(m, n, shared_pack, [k](int64_t rows, int64_t columns) {
    const auto area = static_cast<double>(rows * columns);
    const double pack = 0.2 * static_cast<double>(columns) + 0.1 * static_cast<double>(rows);
    return static_cast<double>(k) * (area / 16 + pack);
  });
}

GemmTiles gemm_shard_tiles(int64_t m, int64_t n, int64_t rows) {
  return best_gemm_tiles(m, n, 0, [rows](int64_t height, int64_t width) {
    const auto area = static_cast<double>(height * width);
    const double pack = 0.2 * static_cast<double>(width) + 0.3 * static_cast<double>(height);
    return static_cast<double>(rows) * (area / 16 + pack) + area / 4;
  });
}

int64_t gemm_packed_size(const GemmKernels& kernels, int64_t n, int64_t k) {
  const int64_t panels = (n + kernels.panel_width - 1) / kernels.panel_width;
  return panels * kernels.panel_width * k;
}

}  // namespace tutti::cpu
