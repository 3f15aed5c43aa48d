// Weight gradients in f32: sums over rows, cut in shards and added in tree order.
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
  TUTTI_GEMM_ALWAYS void add(const Sums& right) {
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 2
      for (int j = 0; j < kVectors; ++j) v[r][j] = v[r][j] + right.v[r][j];
  }
  TUTTI_GEMM_ALWAYS void write(float* p) const {
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 2
      for (int j = 0; j < kVectors; ++j) store(p + (r * kVectors + j) * kLanes, v[r][j]);
  }
  // The one-register form masks the result.
  TUTTI_GEMM_ALWAYS void write_result(const Block& t) const {
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 2
      for (int j = 0; j < kVectors; ++j) {
        if (kVectors == 1)
          store(t.out + r * t.ld, v[r][j], t.mask);
        else
          store(t.out + r * t.ld + j * kLanes, v[r][j]);
      }
  }
  // The result comes from memory while the rows are summed.
  TUTTI_GEMM_ALWAYS void prefetch(const Block& t) const {
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 2
      for (int j = 0; j < kVectors; ++j) __builtin_prefetch(t.out + r * t.ld + j * kLanes, 1);
  }
};

// Adds rows [row, end) to the sums; the one-register form masks B.
template <int kRows, int kVectors>
TUTTI_GEMM_ALWAYS void sum_rows(Sums<kRows, kVectors>& sums, int64_t& row, int64_t end,
                                const float*& a, const float*& b, const Block& t) {
  for (; row < end; ++row, a += t.lda, b += t.ldb) {
    Vec column[kVectors];
#pragma GCC unroll 2
    for (int j = 0; j < kVectors; ++j)
      column[j] = kVectors == 1 ? load(b, t.mask) : load(b + j * kLanes);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const Vec x = broadcast(a[r]);
#pragma GCC unroll 2
      for (int j = 0; j < kVectors; ++j) sums.v[r][j] = multiply_add(x, column[j], sums.v[r][j]);
    }
  }
}

// Takes the rows of `walk` into kRows x kVectors elements of the result; at the last row the tree
// is folded into `out`.
template <int kRows, int kVectors>
void sum_block(const Walk& walk, const Block& t) {
  Sums<kRows, kVectors> sums;
  sums.clear();
  if (walk.begin > walk.offsets[0]) sums.read(t.state);
  sums.prefetch(t);
  const float* a = t.a;
  const float* b = t.b;
  int64_t row = walk.begin, shard = walk.shard;
  float* top = t.state + kSums * (1 + __builtin_popcountll(static_cast<uint64_t>(shard)));
  for (;;) {
    const int64_t shard_end = walk.offsets[shard + 1];
    sum_rows(sums, row, least(shard_end, walk.end), a, b, t);
    if (shard_end > walk.end) return sums.write(t.state);
    for (int64_t bits = shard; bits & 1; bits >>= 1) sums.add_to(top -= kSums);
    if (++shard == walk.shards) break;
    sums.write(top);
    top += kSums;
    sums.clear();
  }
  while (top > t.state + kSums) sums.add_to(top -= kSums);
  sums.write_result(t);
}

// The same for all rows of a root at once, and half as many rows of the result, so that two shards
// have registers: their sums meet without passing through memory.
template <int kRows, int kVectors>
void sum_pairs(const Walk& walk, const Block& t) {
  Sums<kRows, kVectors> sums, next;
  sums.prefetch(t);
  const float* a = t.a;
  const float* b = t.b;
  const int64_t* end = walk.offsets + 1;
  float* top = t.state;
  for (int64_t shard = 0, row = walk.begin;; shard += 2) {
    sums.clear();
    sum_rows(sums, row, end[shard], a, b, t);
    if (shard + 1 < walk.shards) {
      next.clear();
      sum_rows(next, row, end[shard + 1], a, b, t);
      sums.add(next);
    }
    for (int64_t bits = shard / 2; bits & 1; bits >>= 1) sums.add_to(top -= kSums);
    if (shard + 2 >= walk.shards) break;
    sums.write(top);
    top += kSums;
  }
  while (top > t.state) sums.add_to(top -= kSums);
  sums.write_result(t);
}

using SumBlock = void (*)(const Walk&, const Block&);
constexpr SumBlock kNarrow[] = {TUTTI_GEMM_ROW_TABLE(sum_block, 1)};
constexpr SumBlock kWide[] = {TUTTI_GEMM_ROW_TABLE(sum_block, 2)};

// Half a block has to keep the units busy: with few registers it does not.
constexpr bool kPairs = kBlockRows >= 14;
constexpr SumBlock kWidePairs[] = {nullptr,         sum_pairs<1, 2>, sum_pairs<2, 2>,
                                   sum_pairs<3, 2>, sum_pairs<4, 2>, sum_pairs<5, 2>,
                                   sum_pairs<6, 2>, sum_pairs<7, 2>};
constexpr int64_t kLongShard = 64;  // rows of a shard from which one pass over B saves more

// kPanel columns of one block.
void sum_wide(const Walk& walk, const Block& t, int64_t rows) {
  const int64_t count = walk.end - walk.begin;
  const bool whole = count == walk.offsets[walk.shards] - walk.offsets[0];
  if (!kPairs || !whole || walk.shards == 1 || count >= kLongShard * walk.shards)
    return kWide[rows](walk, t);
  Block half = t;
  const int64_t first = (rows + 1) / 2;
  kWidePairs[first](walk, half);
  if (rows == first) return;
  half.a += first;
  half.out += first * t.ld;
  kWidePairs[rows - first](walk, half);
}

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
      sum_wide(walk, t, rows.length(i));
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

// Whether `rows` rows of a register or two each, ld apart, stay in the first-level cache and its
// pages' addresses at hand while they are read again and again: then packing them does not pay.
bool stays_cached(int64_t rows, int64_t ld) {
  constexpr int64_t kSets = 64, kWays = 4, kPages = 64;  // what others leave of them
  const int64_t bytes = ld * static_cast<int64_t>(sizeof(float));
  const int64_t lines = bytes % 64 == 0 ? bytes / 64 : 1;
  const int64_t sets = kSets / least(lines & -lines, kSets);  // that rows begin in
  return rows <= sets * kWays && rows * bytes <= kPages * 4096;
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
  const bool in_place = once && stays_cached(last - first, g.lda);
  const Left block =
      in_place ? Left{g.a + first * g.lda + g.i0, g.lda, 0} : Left{left, kLanes, kChunk * kLanes};
  for (int64_t j = g.j0; j < g.j1; j += slab) {
    const int64_t width = least(g.j1 - j, slab);
    Walk walk{root.offsets, root.shards, 0, first, first};
    do {
      walk.begin = walk.end;
      walk.end = least(walk.begin + kChunk, last);
      const int64_t count = walk.end - walk.begin;
      if (!in_place && (j == g.j0 || !once))
        pack_left(count, rows, i0, i1, g.a + walk.begin * g.lda + g.i0, g.lda, left);
      pack_right(count, width, g.b + walk.begin * g.ldb + j, g.ldb, right);
      Block t{nullptr, 0, right, kPanel, root.out + g.i0 * root.ld + j, root.ld, state, Mask{}};
      for (int64_t x = 0; x < width; x += kPanel, t.b += kChunk * kPanel, t.out += kPanel)
        sum_panel(walk, rows, i0, i1, block, least(width - x, kPanel), t, once ? 0 : kState);
      while (walk.end < last && walk.offsets[walk.shard + 1] <= walk.end) ++walk.shard;
    } while (walk.end < last);
  }
}

// A narrow result leaves most lanes of its rows idle; its transpose, B^T A, does not, and products
// do not mind the order of their factors.
void sum_narrow(const Gradient& g, const ShardRoot<float>& root) {
  constexpr int64_t kColumns = 8 * kPanel;
  alignas(64) float transposed[kLanes * kColumns];
  const int64_t width = g.j1 - g.j0;
  for (int64_t i = g.i0; i < g.i1; i += kColumns) {
    const int64_t count = least(g.i1 - i, kColumns);
    sum_direct({0, width, 0, count, g.b + g.j0, g.ldb, g.a + i, g.lda},
               {root.offsets, root.shards, transposed, count});
    float* out = root.out + i * root.ld + g.j0;
    for (int64_t r = 0; r < count; ++r, out += root.ld)
      for (int64_t j = 0; j < width; ++j) out[j] = transposed[j * count + r];
  }
}

}  // namespace

void gemm_tn(int64_t i0, int64_t i1, int64_t j0, int64_t j1, const float* a, int64_t lda,
             const float* b, int64_t ldb, const ShardRoot<float>* roots, int64_t root_count) {
  const Gradient g{i0, i1, j0, j1, a, lda, b, ldb};
  const Blocks rows = blocks_of(i1 - i0, kBlockRows);
  const bool small = rows.count == 1 || (i1 - i0) * (j1 - j0) <= 4096;
  const bool narrow = j1 - j0 < kLanes && j1 - j0 < i1 - i0;
  for (int64_t n = 0; n < root_count; ++n) {
    if (narrow) {
      sum_narrow(g, roots[n]);
      continue;
    }
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

}  // namespace tutti::cpu::TUTTI_ISA
