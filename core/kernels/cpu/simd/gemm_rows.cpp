// Row-wise products C = A B and C = A B^T in f32: register blocks of up to kBlockRows x kPanel.
#include "core/kernels/cpu/simd/gemm_parts.h"
#include "core/kernels/cpu/simd/gemm_vector.h"

namespace tutti::cpu::TUTTI_ISA {
namespace {

constexpr int64_t kDepth = 512;      // k taken at a time
constexpr int64_t kGroupRows = 256;  // rows that share packed panels
constexpr int64_t kSlab = 4;  // panels packed together: B's rows are read 512 bytes at a time
// B of short rows is read where it lies by few blocks: a wide block takes so little of B at a time
// that the pages it is strewn over do not hold it up, and packing is saved; but rows that begin
// inside a cache line take a third line each. Longest rows, most blocks.
constexpr int64_t kInPlaceRow = kLanes >= 16 ? 1024 : 0;
constexpr int64_t kInPlaceBlocks = 10;
constexpr int64_t kAhead = 24;  // rows of B from which a line is on its way: about 100 ns
constexpr int64_t kCopyStride =
    kDepth + 16;  // a copied row of A; keeps rows off one another's sets

struct Block {
  int64_t depth;
  const float* a;
  int64_t lda;
  const float* b;
  int64_t ldb;
  float* c;
  int64_t ldc;
  bool resume;  // the chain goes on from C
  Mask mask;    // of the one-register kernels
};

// kRows x kVectors sums in registers. The one-register form masks B and C, so it also does the
// edges.
template <int kRows, int kVectors>
void multiply_block(const Block& t) {
  constexpr bool kMasked = kVectors == 1;
  Vec sum[kRows][kVectors];
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      const float* c = t.c + r * t.ldc + v * kLanes;
      sum[r][v] = !t.resume ? broadcast(0.0f) : kMasked ? load(c, t.mask) : load(c);
    }
  constexpr int kGroups = (kRows + 2) / 3;  // three rows to a pointer: [p], [p + lda], [p + 2 lda]
  const float* a[kGroups];
#pragma GCC unroll 16
  for (int g = 0; g < kGroups; ++g) a[g] = t.a + 3 * g * t.lda;
  const float* b = t.b;
  const int64_t lda = t.lda, ldb = t.ldb;
  if (t.resume)  // the block below is next; its rows of C may be far apart
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v)
        __builtin_prefetch(t.c + (kRows + r) * t.ldc + v * kLanes, 1);
  const float* next = t.a + kRows * lda;
  for (int64_t k = 0; k < t.depth; ++k, b += ldb) {
    Vec column[kVectors];
#pragma GCC unroll 2  // what another thread wrote is far: B further down, A of the next block
    for (int v = 0; v < kVectors; ++v) __builtin_prefetch(b + kAhead * ldb + v * kLanes);
    __builtin_prefetch(next + k * 32, 0, 2);
    __builtin_prefetch(next + k * 32 + 16, 0, 2);
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) column[v] = kMasked ? load(b, t.mask) : load(b + v * kLanes);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const Vec x = broadcast(a[r / 3][(r % 3) * lda + k]);
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) sum[r][v] = multiply_add(x, column[v], sum[r][v]);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      float* c = t.c + r * t.ldc + v * kLanes;
      if (kMasked)
        store(c, sum[r][v], t.mask);
      else
        store(c, sum[r][v]);
    }
}

using MultiplyBlock = void (*)(const Block&);
constexpr MultiplyBlock kNarrow[] = {TUTTI_GEMM_ROW_TABLE(multiply_block, 1)};
constexpr MultiplyBlock kWide[] = {TUTTI_GEMM_ROW_TABLE(multiply_block, 2)};

// All row blocks of one panel of at most kPanel columns.
void multiply_panel(const Blocks& rows, int64_t width, Block t) {
  const float* a = t.a;
  float* c = t.c;
  if (width == kPanel) {
    for (int64_t i = 0; i < rows.count; ++i) {
      t.a = a + rows.begin(i) * t.lda;
      t.c = c + rows.begin(i) * t.ldc;
      kWide[rows.length(i)](t);
    }
    return;
  }
  for (int64_t j = 0; j < width; j += kLanes) {
    t.mask = mask_of(least(width - j, kLanes));
    for (int64_t i = 0; i < rows.count; ++i) {
      t.a = a + rows.begin(i) * t.lda;
      t.c = c + rows.begin(i) * t.ldc + j;
      kNarrow[rows.length(i)](t);
    }
    t.b += kLanes;
  }
}

// --- Packing: [depth][kPanel], zeros beyond `width`
// -------------------------------------------------

// `width` columns into panels `step` apart.
void pack_columns(int64_t depth, int64_t width, const float* b, int64_t ldb, float* out,
                  int64_t step) {
  const int64_t whole = width / kPanel, rest = width % kPanel;
  const Mask low = mask_of(least(rest, kLanes));
  const Mask high = mask_of(rest > kLanes ? rest - kLanes : 0);
  for (int64_t k = 0; k < depth; ++k, b += ldb, out += kPanel) {
    const float* from = b;
    float* to = out;
    for (int64_t c = 0; c < width; c += kLanes) __builtin_prefetch(b + kAhead * ldb + c);
    for (int64_t p = 0; p < whole; ++p, from += kPanel, to += step) {
      store(to, load(from));
      store(to + kLanes, load(from + kLanes));
    }
    if (rest == 0) continue;
    store(to, load(from, low));
    store(to + kLanes, rest > kLanes ? load(from + kLanes, high) : broadcast(0.0f));
  }
}

// One step of a transposition: exchanges the off-diagonal kStep x kStep blocks of rows r and r +
// kStep.
template <int kStep, int... l>
TUTTI_GEMM_INLINE void exchange(Vec* rows, std::integer_sequence<int, l...>) {
#pragma GCC unroll 16
  for (int r = 0; r < kLanes; ++r) {
    if (r & kStep) continue;
    const Vec x = rows[r], y = rows[r + kStep];
    rows[r] = __builtin_shufflevector(x, y, (l & kStep ? kLanes + l - kStep : l)...);
    rows[r + kStep] = __builtin_shufflevector(x, y, (l & kStep ? kLanes + l : l + kStep)...);
  }
}

TUTTI_GEMM_INLINE void transpose(Vec* rows) {
  constexpr LaneIndices lanes;
  exchange<1>(rows, lanes);
  exchange<2>(rows, lanes);
  if constexpr (kLanes > 4) exchange<4>(rows, lanes);
  if constexpr (kLanes > 8) exchange<8>(rows, lanes);
}

// kLanes rows of B become kLanes columns of the panel; `rows` < kLanes leaves zeros.
void pack_transposed_half(int64_t depth, int64_t rows, const float* b, int64_t ldb, float* out) {
  Vec t[kLanes];
  int64_t k = 0;
  for (; rows == kLanes && k + kLanes <= depth; k += kLanes) {
#pragma GCC unroll 16
    for (int r = 0; r < kLanes; ++r) t[r] = load(b + r * ldb + k);
    transpose(t);
#pragma GCC unroll 16
    for (int r = 0; r < kLanes; ++r) store(out + (k + r) * kPanel, t[r]);
  }
  for (; k < depth; k += kLanes) {
    const int64_t columns = least(depth - k, kLanes);
    const Mask mask = mask_of(columns);
#pragma GCC unroll 16
    for (int r = 0; r < kLanes; ++r)
      t[r] = r < rows ? load(b + r * ldb + k, mask) : broadcast(0.0f);
    transpose(t);
#pragma GCC unroll 16
    for (int r = 0; r < kLanes; ++r)
      if (r < columns) store(out + (k + r) * kPanel, t[r]);
  }
}

// `width` rows of B into panels `step` apart.
void pack_rows(int64_t depth, int64_t width, const float* b, int64_t ldb, float* out,
               int64_t step) {
  for (; width > 0; width -= kPanel, b += kPanel * ldb, out += step) {
    pack_transposed_half(depth, least(width, kLanes), b, ldb, out);
    const int64_t rest = width > kLanes ? least(width - kLanes, kLanes) : 0;
    pack_transposed_half(depth, rest, b + (rest ? kLanes * ldb : 0), ldb, out + kLanes);
  }
}

// --- Blocking
// ---------------------------------------------------------------------------------------

enum class Operand { columns, rows, packed };  // B[k,n], B[n,k], panels

struct Product {
  int64_t m, n, k;
  const float* a;
  int64_t lda;
  const float* b;
  int64_t ldb;
  float* c;
  int64_t ldc;
};

// Rows a multiple of 1 KiB apart share so few cache sets that a block of them evicts itself.
bool rows_collide(int64_t ld, int64_t panels) { return ld % 256 == 0 && panels > 1; }

void copy_rows(int64_t rows, int64_t depth, const float* a, int64_t lda, float* out) {
  for (int64_t r = 0; r < rows; ++r, a += lda, out += kCopyStride) {
    int64_t k = 0;
    for (; k + kLanes <= depth; k += kLanes) store(out + k, load(a + k));
    if (k < depth) store(out + k, load(a + k, mask_of(depth - k)));
  }
}

// Panels [p0, p1) of all rows of p, at most kGroupRows.
template <Operand kOperand>
void multiply_group(const Product& p, int64_t p0, int64_t p1) {
  alignas(64) float copied[kGroupRows * kCopyStride];
  alignas(64) float panels[kSlab * kDepth * kPanel];
  const Blocks rows = blocks_of(p.m, kBlockRows);
  const Blocks depths = blocks_of(p.k, kDepth);
  const int64_t end = least(p1 * kPanel, p.n);
  const bool in_place = rows.count == 1 || (rows.count <= kInPlaceBlocks && p.ldb <= kInPlaceRow &&
                                            p.ldb % kLanes == 0 && !rows_collide(p.ldb, p1 - p0));
  for (int64_t d = 0; d < depths.count; ++d) {
    const int64_t k = depths.begin(d), depth = depths.length(d);
    Block t{depth, p.a + k, p.lda, panels, kPanel, nullptr, p.ldc, d > 0, Mask{}};
    if (rows_collide(p.lda, p1 - p0)) {
      copy_rows(p.m, depth, t.a, p.lda, copied);
      t.a = copied;
      t.lda = kCopyStride;
    }
    for (int64_t j = p0 * kPanel; j < end; j += kSlab * kPanel) {
      const int64_t width = least(end - j, kSlab * kPanel);
      int64_t step = kDepth * kPanel;
      if constexpr (kOperand == Operand::packed) {
        t.b = p.b + j * p.k + k * kPanel;
        step = p.k * kPanel;
      } else if constexpr (kOperand == Operand::rows) {
        pack_rows(depth, width, p.b + j * p.ldb + k, p.ldb, panels, step);
      } else if (!in_place) {
        pack_columns(depth, width, p.b + k * p.ldb + j, p.ldb, panels, step);
      } else {
        t.b = p.b + k * p.ldb + j;
        t.ldb = p.ldb;
        step = kPanel;
      }
      Block panel = t;
      panel.c = p.c + j;
      for (int64_t x = 0; x < width; x += kPanel, panel.b += step, panel.c += kPanel)
        multiply_panel(rows, least(width - x, kPanel), panel);
    }
  }
}

void clear(const Product& p, int64_t begin, int64_t end) {
  for (int64_t i = 0; i < p.m; ++i)
    for (int64_t j = begin; j < end; ++j) p.c[i * p.ldc + j] = 0.0f;
}

template <Operand kOperand>
void multiply(const Product& p, int64_t p0, int64_t p1) {
  if (p.k == 0) return clear(p, p0 * kPanel, least(p1 * kPanel, p.n));
  const Blocks groups = blocks_of(p.m, kGroupRows);
  for (int64_t g = 0; g < groups.count; ++g) {
    Product part = p;
    part.m = groups.length(g);
    part.a += groups.begin(g) * p.lda;
    part.c += groups.begin(g) * p.ldc;
    multiply_group<kOperand>(part, p0, p1);
  }
}

}  // namespace

// Below this B stays in the first-level cache, read where it lies.
constexpr int64_t kSmall = 4096;

void gemm_nn(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b,
             int64_t ldb, float* c, int64_t ldc) {
  if (k > 0 && k * ldb <= kSmall) {
    const Blocks rows = blocks_of(m, kBlockRows);
    for (int64_t j = 0; j < n; j += kPanel)
      multiply_panel(rows, least(n - j, kPanel),
                     {k, a, lda, b + j, ldb, c + j, ldc, false, Mask{}});
    return;
  }
  multiply<Operand::columns>({m, n, k, a, lda, b, ldb, c, ldc}, 0, (n + kPanel - 1) / kPanel);
}

void gemm_nt(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b,
             int64_t ldb, float* c, int64_t ldc) {
  multiply<Operand::rows>({m, n, k, a, lda, b, ldb, c, ldc}, 0, (n + kPanel - 1) / kPanel);
}

void gemm_packed(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* packed,
                 int64_t p0, int64_t p1, float* c, int64_t ldc) {
  multiply<Operand::packed>({m, n, k, a, lda, packed, 0, c, ldc}, p0, p1);
}

void gemm_pack_nn(int64_t k, int64_t n, const float* b, int64_t ldb, int64_t p0, int64_t p1,
                  float* packed) {
  const int64_t j = p0 * kPanel, width = least(p1 * kPanel, n) - j;
  pack_columns(k, width, b + j, ldb, packed + j * k, k * kPanel);
}

void gemm_pack_nt(int64_t k, int64_t n, const float* b, int64_t ldb, int64_t p0, int64_t p1,
                  float* packed) {
  const int64_t j = p0 * kPanel, width = least(p1 * kPanel, n) - j;
  pack_rows(k, width, b + j * ldb, ldb, packed + j * k, k * kPanel);
}

}  // namespace tutti::cpu::TUTTI_ISA
