// oneDNN's products under our rules: a row keeps its bits in every split, and is right.
#include <omp.h>

#include <cstdlib>
#include <thread>

#include "core/kernels/cpu/onednn_matmul.h"
#include "tests/core/kernels/gemm_reference.h"

namespace tutti::gemm_test {
namespace {

using cpu::OnednnMatmul;

struct OnednnCase {
  int64_t n, k;
  bool transpose_b;
};

class GemmOnednn : public ::testing::TestWithParam<OnednnCase> {
 protected:
  static constexpr int64_t kRows = 300;
  void SetUp() override {
    if (active_isa() != Isa::avx512) GTEST_SKIP() << "the tested primitives need AVX-512";
    const auto [n, k, transpose_b] = GetParam();
    product_ = OnednnMatmul::make(n, k, transpose_b);
    ASSERT_NE(product_, nullptr);
  }
  Matrix<float> random(int64_t rows, int64_t columns, unsigned seed) const {
    auto m = random_matrix<float>(rows, columns, seed);
    Matrix<float> dense(rows, columns, 0);
    for (int64_t r = 0; r < rows; ++r) std::copy_n(m.at(r), columns, dense.at(r));
    return dense;
  }
  // Rows [begin, end) computed as a product of their own.
  void multiply(const Matrix<float>& a, const Matrix<float>& b, Matrix<float>& c, int64_t begin,
                int64_t end) const {
    for (int64_t t = 0; t < OnednnMatmul::tiles(end - begin); ++t)
      product_->run(end - begin, t, a.at(begin), b.at(0), c.at(begin));
  }
  std::unique_ptr<OnednnMatmul> product_;
};
INSTANTIATE_TEST_SUITE_P(Shapes, GemmOnednn,
                         ::testing::Values(OnednnCase{64, 100, false}, OnednnCase{600, 784, false},
                                           OnednnCase{500, 600, true}, OnednnCase{250, 1000, true},
                                           OnednnCase{33, 1031, false},
                                           OnednnCase{2048, 1024, true}));

TEST_P(GemmOnednn, RowsKeepTheirBitsInEverySplit) {
  const auto [n, k, transpose_b] = GetParam();
  const auto a = random(kRows, k, 1), b = transpose_b ? random(n, k, 2) : random(k, n, 2);
  Matrix<float> whole(kRows, n, 0);
  multiply(a, b, whole, 0, kRows);
  std::mt19937 engine(3);
  for (int trial = 0; trial < 12; ++trial) {
    Matrix<float> split(kRows, n, 0);
    for (int64_t row = 0; row < kRows;) {
      const int64_t end = std::min<int64_t>(kRows, row + 1 + static_cast<int64_t>(engine() % 170));
      multiply(a, b, split, row, end);
      row = end;
    }
    ASSERT_EQ(split, whole) << "trial " << trial;
  }
}

TEST_P(GemmOnednn, ThreadsKeepTheBitsAndOpenMpIsLeftAlone) {
  const auto [n, k, transpose_b] = GetParam();
  const auto a = random(256, k, 4), b = transpose_b ? random(n, k, 5) : random(k, n, 5);
  Matrix<float> alone(256, n, 0), shared(256, n, 0);
  omp_set_num_threads(3);
  multiply(a, b, alone, 0, 256);
  EXPECT_EQ(omp_get_max_threads(), 3);
  std::thread other([&] { product_->run(256, 1, a.at(0), b.at(0), shared.at(0)); });
  product_->run(256, 0, a.at(0), b.at(0), shared.at(0));
  other.join();
  EXPECT_EQ(shared, alone);
}

TEST_P(GemmOnednn, CloseToDoublePrecision) {
  const auto [n, k, transpose_b] = GetParam();
  const auto a = random(21, k, 6), b = transpose_b ? random(n, k, 7) : random(k, n, 7);
  Matrix<float> c(21, n, 0);
  multiply(a, b, c, 0, 21);
  for (int64_t i = 0; i < 21; ++i)
    for (int64_t j = 0; j < n; j += 7) {
      double sum = 0, size = 0;
      for (int64_t p = 0; p < k; ++p) {
        const double term = double{*a.at(i, p)} * (transpose_b ? *b.at(j, p) : *b.at(p, j));
        sum += term;
        size += std::abs(term);
      }
      ASSERT_NEAR(*c.at(i, j), sum, 1e-6 * size);
    }
}

TEST(GemmOnednnRule, RefusesWhatIsNotOnTheList) {
  active_isa();  // chosen before oneDNN makes anything
  EXPECT_EQ(OnednnMatmul::make(600, 784, false, {}), nullptr);
  constexpr std::string_view others[] = {"brg:avx512", "brg:avx512_core_amx", "gemm:jit"};
  EXPECT_EQ(OnednnMatmul::make(600, 784, false, others), nullptr);
}

// A process of its own, in which oneDNN has nothing but its products by gemm.
TEST(GemmOnednnRule, RefusesThePrimitivesOfOlderProcessors) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto older = [] {
    setenv("ONEDNN_MAX_CPU_ISA", "AVX2", 1);
    std::_Exit(OnednnMatmul::make(600, 784, false) ? 1 : 0);
  };
  EXPECT_EXIT(older(), testing::ExitedWithCode(0), "");
}

TEST(GemmOnednnRule, DependsOnTheWeightsAlone) {
  EXPECT_FALSE(OnednnMatmul::serves(600, 784));
  EXPECT_EQ(OnednnMatmul::serves(4096, 4096), active_isa() == Isa::avx512);
}

}  // namespace
}  // namespace tutti::gemm_test
