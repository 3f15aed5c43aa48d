// Sums over rows in f32, cut in shards and added in tree order: weight gradients and column sums.
//
// Both operands of a weight gradient are k-major already (k is the row), so packing is copying. The
// finished subtrees of a register block wait in `levels`, in the first-level cache.
#include "core/kernels/cpu/simd/gemm_parts.h"
#include "core/kernels/cpu/simd/gemm_vector.h"

namespace tutti::cpu::TUTTI_ISA {
namespace {

constexpr int64_t kChunk = 256;       // rows packed at a time
constexpr int64_t kGroupBlocks = 20;  // register blocks that share packed panels of B
constexpr int64_t kStateBlocks = 8;   // the same, where each has to keep its state
constexpr int64_t kSlab = 4;  // panels packed together: B's rows are read 512 bytes at a time
constexpr int kSums = kBlockRows * kPanel;
constexpr int kState = kSums * (kShardLevels + 1);  // the open shard's sums, then the levels

// Rows [begin, end) of a root as one register block sees them.
struct Walk {
  const int64_t* offsets;
  int64_t shards;
  int64_t shard;  // the first that is still open at `begin`
  int64_t begin, end;
};

struct Block {
  const float* a;  // row walk.begin
  int64_t lda;
  const float* b;  // row walk.begin
  int64_t ldb;
  float* out;
  int64_t ld;
  float* state;
  Mask mask;  // of the one-register kernels
};

template <int kRows, int kVectors>
struct Sums {
  Vec v[kRows][kVectors];

  TUTTI_GEMM_ALWAYS void clear() {
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 2
      for (int j = 0; j < kVectors; ++j) v[r][j] = broadcast(0.0f);
  }
  TUTTI_GEMM_ALWAYS void read(const float* p) {
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 2
      for (int j = 0; j < kVectors; ++j) v[r][j] = load(p + (r * kVectors + j) * kLanes);
  }
  TUTTI_GEMM_ALWAYS void add_to(const float* left) {
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 2
      for (int j = 0; j < kVectors; ++j)
        v[r][j] = load(left + (r * kVectors + j) * kLanes) + v[r][j];
  }
  TUTTI_GEMM_ALWAYS void write(float* p) const {
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 2
      for (int j = 0; j < kVectors; ++j) store(p + (r * kVectors + j) * kLanes, v[r][j]);
  }
};

// Takes the rows of `walk` into kRows x kVectors elements of the result; at the last row the tree
// is folded into `out`. The one-register form masks B and the result.
template <int kRows, int kVectors>
void sum_block(const Walk& walk, const Block& t) {
  constexpr bool kMasked = kVectors == 1;
  Sums<kRows, kVectors> sums;
  sums.clear();
  if (walk.begin > walk.offsets[0]) sums.read(t.state);
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r)  // the result comes from memory while the rows are summed
#pragma GCC unroll 2
    for (int j = 0; j < kVectors; ++j) __builtin_prefetch(t.out + r * t.ld + j * kLanes, 1);
  const float* a = t.a;
  const float* b = t.b;
  int64_t row = walk.begin, shard = walk.shard;
  float* top = t.state + kSums * (1 + __builtin_popcountll(static_cast<uint64_t>(shard)));
  for (;;) {
    const int64_t shard_end = walk.offsets[shard + 1];
    for (const int64_t end = least(shard_end, walk.end); row < end; ++row, a += t.lda, b += t.ldb) {
      Vec column[kVectors];
#pragma GCC unroll 2
      for (int j = 0; j < kVectors; ++j)
        column[j] = kMasked ? load(b, t.mask) : load(b + j * kLanes);
#pragma GCC unroll 16
      for (int r = 0; r < kRows; ++r) {
        const Vec x = broadcast(a[r]);
#pragma GCC unroll 2
        for (int j = 0; j < kVectors; ++j) sums.v[r][j] = multiply_add(x, column[j], sums.v[r][j]);
      }
    }
    if (shard_end > walk.end) return sums.write(t.state);
    for (int64_t bits = shard; bits & 1; bits >>= 1) sums.add_to(top -= kSums);
    if (++shard == walk.shards) break;
    sums.write(top);
    top += kSums;
    sums.clear();
  }
  while (top > t.state + kSums) sums.add_to(top -= kSums);
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 2
    for (int j = 0; j < kVectors; ++j) {
      if (kMasked)
        store(t.out + r * t.ld, sums.v[r][j], t.mask);
      else
        store(t.out + r * t.ld + j * kLanes, sums.v[r][j]);
    }
}

using SumBlock = void (*)(const Walk&, const Block&);
constexpr SumBlock kNarrow[] = {TUTTI_GEMM_ROW_TABLE(sum_block, 1)};
constexpr SumBlock kWide[] = {TUTTI_GEMM_ROW_TABLE(sum_block, 2)};

// A as the register blocks find it: the group.s slot at a + slot * block_step (packed) or at its
// own columns.
struct Left {
  const float* a;
  int64_t lda;
  int64_t block_step;  // 0: not packed
  const float* at(const Blocks& rows, int64_t i, int64_t slot) const {
    return a + (block_step ? slot * block_step : rows.begin(i));
  }
};

// Blocks [i0, i1) of one panel of at most kPanel columns. `state_step` is 0 when no state outlives
// a call.
void sum_panel(const Walk& walk, const Blocks& rows, int64_t i0, int64_t i1, const Left& left,
               int64_t width, Block t, int64_t state_step) {
  float* const out = t.out;
  float* const state = t.state;
  for (int64_t i = i0; i < i1; ++i) {
    t.a = left.at(rows, i, i - i0);
    t.lda = left.lda;
    t.out = out + rows.begin(i) * t.ld;
    t.state = state + (i - i0) * state_step;
    if (width == kPanel) {
      kWide[rows.length(i)](walk, t);
      continue;
    }
    Block half = t;
    for (int64_t j = 0; j < width; j += kLanes) {
      half.mask = mask_of(least(width - j, kLanes));
      kNarrow[rows.length(i)](walk, half);
      half.b += kLanes;
      half.out += kLanes;
      half.state += kSums / 2;
    }
  }
}

struct Gradient {
  int64_t i0, i1, j0, j1;
  const float* a;
  int64_t lda;
  const float* b;
  int64_t ldb;
};

// Small or thin: operands are read where they lie.
void sum_direct(const Gradient& g, const ShardRoot<float>& root) {
  alignas(64) float state[kState];
  const Blocks rows = blocks_of(g.i1 - g.i0, kBlockRows);
  const int64_t first = root.offsets[0], last = root.offsets[root.shards];
  const Walk walk{root.offsets, root.shards, 0, first, last};
  const Left left{g.a + first * g.lda + g.i0, g.lda, 0};
  for (int64_t j = g.j0; j < g.j1; j += kPanel) {
    const Block t{
        nullptr, 0,     g.b + first * g.ldb + j, g.ldb, root.out + g.i0 * root.ld + j, root.ld,
        state,   Mask{}};
    sum_panel(walk, rows, 0, rows.count, left, least(g.j1 - j, kPanel), t, 0);
  }
}

// [block][row][kLanes]
void pack_left(int64_t count, const Blocks& rows, int64_t i0, int64_t i1, const float* a,
               int64_t lda, float* out) {
  for (int64_t i = i0; i < i1; ++i, out += kChunk * kLanes) {
    const Mask mask = mask_of(rows.length(i));
    const float* from = a + rows.begin(i);
    for (int64_t r = 0; r < count; ++r) store(out + r * kLanes, load(from + r * lda, mask));
  }
}

// [panel][row][kPanel]; lanes beyond `width` are never read.
void pack_right(int64_t count, int64_t width, const float* b, int64_t ldb, float* out) {
  const int64_t whole = width / kPanel, rest = width % kPanel;
  const Mask low = mask_of(least(rest, kLanes));
  const Mask high = mask_of(rest > kLanes ? rest - kLanes : 0);
  for (int64_t r = 0; r < count; ++r, b += ldb, out += kPanel) {
    const float* from = b;
    float* to = out;
    for (int64_t p = 0; p < whole; ++p, from += kPanel, to += kChunk * kPanel) {
      store(to, load(from));
      store(to + kLanes, load(from + kLanes));
    }
    if (rest > 0) store(to, load(from, low));
    if (rest > kLanes) store(to + kLanes, load(from + kLanes, high));
  }
}

// Blocks [i0, i1) of the tile, at most kGroupBlocks or, with rows in several chunks, kStateBlocks.
void sum_group(const Gradient& g, const ShardRoot<float>& root, const Blocks& rows, int64_t i0,
               int64_t i1) {
  alignas(64) float left[kGroupBlocks * kChunk * kLanes];
  alignas(64) float right[kSlab * kChunk * kPanel];
  alignas(64) float state[kStateBlocks * kState];
  const int64_t first = root.offsets[0], last = root.offsets[root.shards];
  const bool once = last - first <= kChunk;  // A is packed once for all panels, states are not kept
  const int64_t slab = once ? kSlab * kPanel : kPanel;
  for (int64_t j = g.j0; j < g.j1; j += slab) {
    const int64_t width = least(g.j1 - j, slab);
    Walk walk{root.offsets, root.shards, 0, first, first};
    do {
      walk.begin = walk.end;
      walk.end = least(walk.begin + kChunk, last);
      const int64_t count = walk.end - walk.begin;
      if (j == g.j0 || !once)
        pack_left(count, rows, i0, i1, g.a + walk.begin * g.lda + g.i0, g.lda, left);
      pack_right(count, width, g.b + walk.begin * g.ldb + j, g.ldb, right);
      Block t{nullptr, 0, right, kPanel, root.out + g.i0 * root.ld + j, root.ld, state, Mask{}};
      for (int64_t x = 0; x < width; x += kPanel, t.b += kChunk * kPanel, t.out += kPanel)
        sum_panel(walk, rows, i0, i1, {left, kLanes, kChunk * kLanes}, least(width - x, kPanel), t,
                  once ? 0 : kState);
      while (walk.end < last && walk.offsets[walk.shard + 1] <= walk.end) ++walk.shard;
    } while (walk.end < last);
  }
}

}  // namespace

void gemm_tn(int64_t i0, int64_t i1, int64_t j0, int64_t j1, const float* a, int64_t lda,
             const float* b, int64_t ldb, const ShardRoot<float>* roots, int64_t root_count) {
  const Gradient g{i0, i1, j0, j1, a, lda, b, ldb};
  const Blocks rows = blocks_of(i1 - i0, kBlockRows);
  const bool small = rows.count == 1 || (i1 - i0) * (j1 - j0) <= 4096;
  for (int64_t n = 0; n < root_count; ++n) {
    if (small) {
      sum_direct(g, roots[n]);
      continue;
    }
    const bool once = roots[n].offsets[roots[n].shards] - roots[n].offsets[0] <= kChunk;
    const Blocks groups = blocks_of(rows.count, once ? kGroupBlocks : kStateBlocks);
    for (int64_t i = 0; i < groups.count; ++i)
      sum_group(g, roots[n], rows, groups.begin(i), groups.begin(i) + groups.length(i));
  }
}

namespace {

constexpr int kStrip = 4;  // registers of columns summed together, at most

// Columns [j, j + width) of one root, in kWide registers.
template <int kWide>
void sum_strip(int64_t j, int64_t width, const float* b, int64_t ldb,
               const ShardRoot<float>& root) {
  alignas(64) float levels[kShardLevels + 1][kWide * kLanes];
  Mask mask[kWide];
#pragma GCC unroll 4
  for (int v = 0; v < kWide; ++v) {
    const int64_t left = width - v * kLanes;
    mask[v] = mask_of(left < 0 ? 0 : least(left, kLanes));
  }
  int depth = 0;
  Vec sum[kWide] = {};
  for (int64_t s = 0; s < root.shards; ++s) {
#pragma GCC unroll 4
    for (int v = 0; v < kWide; ++v) sum[v] = broadcast(0.0f);
    for (int64_t r = root.offsets[s]; r < root.offsets[s + 1]; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < kWide; ++v) sum[v] += load(b + r * ldb + j + v * kLanes, mask[v]);
    const bool last = s + 1 == root.shards;
    for (int64_t bits = s; last ? depth > 0 : bits & 1; bits >>= 1) {
      --depth;
#pragma GCC unroll 4
      for (int v = 0; v < kWide; ++v) sum[v] = load(levels[depth] + v * kLanes) + sum[v];
    }
#pragma GCC unroll 4
    for (int v = 0; v < kWide; ++v) store(levels[depth] + v * kLanes, sum[v]);
    ++depth;
  }
#pragma GCC unroll 4
  for (int v = 0; v < kWide; ++v)
    if (v * kLanes < width) store(root.out + j + v * kLanes, sum[v], mask[v]);
}

}  // namespace

void column_sums(int64_t j0, int64_t j1, const float* b, int64_t ldb, const ShardRoot<float>* roots,
                 int64_t root_count) {
  for (int64_t n = 0; n < root_count; ++n)
    for (int64_t j = j0; j < j1; j += kStrip * kLanes) {
      const int64_t width = least(j1 - j, kStrip * kLanes);
      const auto sum = width <= kLanes       ? sum_strip<1>
                       : width <= 2 * kLanes ? sum_strip<2>
                                             : sum_strip<kStrip>;
      sum(j, width, b, ldb, roots[n]);
    }
}

}  // namespace tutti::cpu::TUTTI_ISA
