// Row-wise products: exact chains, row and tile invariance, packed and direct paths alike.
#include "tests/core/kernels/gemm_reference.h"

namespace tutti::gemm_test {
namespace {

struct ProductShape {
  int64_t m, n, k;
};
// Edges of blocks (6, 14 rows), panels (8, 16, 32), depth (256) and groups (256 rows), and primes.
const ProductShape kProductShapes[] = {{1, 1, 1},     {5, 8, 4},     {5, 3, 10},     {1, 33, 7},
                                       {14, 32, 16},  {15, 31, 17},  {13, 17, 257},  {29, 97, 256},
                                       {3, 130, 513}, {64, 10, 784}, {70, 63, 40},   {257, 37, 129},
                                       {31, 64, 1},   {2, 16, 300},  {40, 100, 1024}};

void run_nn(const cpu::GemmKernels& kernels, const Matrix<float>& a, const Matrix<float>& b,
            Matrix<float>& c, int64_t i0, int64_t i1, int64_t j0, int64_t j1) {
  kernels.f32.nn(i1 - i0, j1 - j0, a.columns, a.at(i0), a.ld, b.at(0, j0), b.ld, c.at(i0, j0),
                 c.ld);
}

class GemmRows : public GemmOnIsa {};
INSTANTIATE_TEST_SUITE_P(Isa, GemmRows, ::testing::ValuesIn(runnable_isas()), isa_suffix);

TEST_P(GemmRows, AllPathsEqualTheChain) {
  for (const auto& [m, n, k] : kProductShapes) {
    SCOPED_TRACE(::testing::Message() << m << "x" << n << "x" << k);
    const auto a = random_matrix<float>(m, k, 1), b = random_matrix<float>(k, n, 2);
    const auto bt = transposed(b);
    const auto expected = reference_nn(isa(), a, b);
    Matrix<float> nn(m, n), nt(m, n);
    run_nn(kernels(), a, b, nn, 0, m, 0, n);
    EXPECT_EQ(nn, expected);
    kernels().f32.nt(m, n, k, a.at(0), a.ld, bt.at(0), bt.ld, nt.at(0), nt.ld);
    EXPECT_EQ(nt, expected);
    const int64_t panels = (n + kernels().panel_width - 1) / kernels().panel_width;
    std::vector<float> packed(cpu::gemm_packed_size(kernels(), n, k)), again(packed.size());
    for (int64_t p = panels; p-- > 0;)  // as threads would, in any order
      kernels().pack_nn(k, n, b.at(0), b.ld, p, p + 1, packed.data());
    kernels().pack_nt(k, n, bt.at(0), bt.ld, 0, panels, again.data());
    EXPECT_EQ(packed, again);
    Matrix<float> c(m, n);
    for (int64_t p = 0; p < panels; p += 2)
      kernels().packed(m, n, k, a.at(0), a.ld, packed.data(), p, std::min(p + 2, panels), c.at(0),
                       c.ld);
    EXPECT_EQ(c, expected);
  }
}

TEST_P(GemmRows, CloseToDoublePrecision) {
  const auto a = random_matrix<float>(20, 784, 3), b = random_matrix<float>(784, 50, 4);
  Matrix<float> c(20, 50);
  run_nn(kernels(), a, b, c, 0, 20, 0, 50);
  for (int64_t i = 0; i < 20; ++i)
    for (int64_t j = 0; j < 50; ++j) {
      double sum = 0, size = 0;
      for (int64_t k = 0; k < 784; ++k) {
        sum += double{*a.at(i, k)} * *b.at(k, j);
        size += std::abs(double{*a.at(i, k)} * *b.at(k, j));
      }
      EXPECT_NEAR(*c.at(i, j), sum, 1e-6 * size);
    }
}

TEST_P(GemmRows, RowsAndTilesDoNotMatter) {
  std::mt19937 engine(5);
  for (const auto& [m, n, k] :
       {ProductShape{37, 70, 300}, ProductShape{300, 40, 64}, ProductShape{9, 13, 11}}) {
    const auto a = random_matrix<float>(m, k, 6), b = random_matrix<float>(k, n, 7);
    const auto bt = transposed(b);
    Matrix<float> whole(m, n);
    run_nn(kernels(), a, b, whole, 0, m, 0, n);
    for (int trial = 0; trial < 20; ++trial) {
      const auto cut = [&](int64_t total) {
        return 1 + static_cast<int64_t>(engine() % static_cast<uint64_t>(total));
      };
      const int64_t rows = trial == 0 ? 1 : cut(m), columns = cut(n);
      Matrix<float> nn(m, n), nt(m, n);
      for (int64_t i = 0; i < m; i += rows)
        for (int64_t j = 0; j < n; j += columns) {
          const int64_t i1 = std::min(m, i + rows), j1 = std::min(n, j + columns);
          run_nn(kernels(), a, b, nn, i, i1, j, j1);
          kernels().f32.nt(i1 - i, j1 - j, k, a.at(i), a.ld, bt.at(j), bt.ld, nt.at(i, j), nt.ld);
        }
      EXPECT_EQ(nn, whole) << rows << " rows, " << columns << " columns";
      EXPECT_EQ(nt, whole) << rows << " rows, " << columns << " columns";
    }
  }
}

TEST_P(GemmRows, LeadingDimensionsThatCollideInTheCache) {
  Matrix<float> a(30, 700, 324), b(700, 96, 416);  // ld 1024 and 512
  std::mt19937 engine(8);
  for (auto* m : {&a, &b})
    for (float& x : m->data) x = static_cast<float>(engine() % 1000) / 500.0f - 1.0f;
  Matrix<float> c(30, 96);
  run_nn(kernels(), a, b, c, 0, 30, 0, 96);
  EXPECT_EQ(c, reference_nn(isa(), a, b));
}

TEST_P(GemmRows, EmptySizes) {
  const auto a = random_matrix<float>(4, 4, 9), b = random_matrix<float>(4, 4, 10);
  Matrix<float> c(4, 4);
  const Matrix<float> untouched = c;
  kernels().f32.nn(0, 4, 4, a.at(0), a.ld, b.at(0), b.ld, c.at(0), c.ld);
  kernels().f32.nt(0, 4, 4, a.at(0), a.ld, b.at(0), b.ld, c.at(0), c.ld);
  kernels().f32.nn(4, 0, 4, a.at(0), a.ld, b.at(0), b.ld, c.at(0), c.ld);
  kernels().f32.nt(4, 0, 4, a.at(0), a.ld, b.at(0), b.ld, c.at(0), c.ld);
  EXPECT_EQ(c, untouched);
  for (auto* product : {kernels().f32.nn, kernels().f32.nt}) {
    c = untouched;
    product(4, 4, 0, a.at(0), a.ld, b.at(0), b.ld, c.at(0), c.ld);
    for (int64_t i = 0; i < 4; ++i)
      for (int64_t j = 0; j < 4; ++j) EXPECT_EQ(*c.at(i, j), 0.0f);
  }
}

TEST_P(GemmRows, DoublesEqualTheChain) {
  for (const auto& [m, n, k] :
       {ProductShape{5, 8, 4}, ProductShape{7, 33, 19}, ProductShape{1, 1, 1}}) {
    const auto a = random_matrix<double>(m, k, 11), b = random_matrix<double>(k, n, 12);
    const auto bt = transposed(b);
    const auto expected = reference_nn(isa(), a, b);
    Matrix<double> nn(m, n), nt(m, n);
    kernels().f64.nn(m, n, k, a.at(0), a.ld, b.at(0), b.ld, nn.at(0), nn.ld);
    kernels().f64.nt(m, n, k, a.at(0), a.ld, bt.at(0), bt.ld, nt.at(0), nt.ld);
    EXPECT_EQ(nn, expected);
    EXPECT_EQ(nt, expected);
  }
}

TEST(GemmTiles, CoverTheResultAndDependOnShapeAlone) {
  for (const auto& [m, n, k] : kProductShapes)
    for (const auto& tiles : {cpu::gemm_tiles(m, n, k), cpu::gemm_shard_tiles(m, n, k)}) {
      EXPECT_GE(tiles.down * tiles.rows, m);
      EXPECT_LT((tiles.down - 1) * tiles.rows, m);
      EXPECT_GE(tiles.across * tiles.columns, n);
      EXPECT_LT((tiles.across - 1) * tiles.columns, n);
    }
  EXPECT_EQ(cpu::gemm_tiles(5, 8, 4).count(), 1);
  EXPECT_GE(cpu::gemm_tiles(128, 600, 784).count(), 4);
}

}  // namespace
}  // namespace tutti::gemm_test
