// Sums over rows: the order is the shards' tree, whatever the tiling; operands' edges are
// respected.
#include "tests/core/kernels/gemm_reference.h"

namespace tutti::gemm_test {
namespace {

template <typename T>
Matrix<T> reference_tn(Isa isa, const Matrix<T>& a, const Matrix<T>& b,
                       const std::vector<int64_t>& offsets) {
  Matrix<T> out(a.columns, b.columns);
  for (int64_t i = 0; i < a.columns; ++i)
    for (int64_t j = 0; j < b.columns; ++j)
      *out.at(i, j) = reference_tree<T>(
          offsets, [&](int64_t r, T sum) { return link(isa, *a.at(r, i), *b.at(r, j), sum); });
  return out;
}

struct ShardCase {
  int64_t rows, in, out, shards;
};
// Direct and packed paths, one chunk of 256 rows and several, shards shorter and longer than a
// chunk, shards without rows, counts that are no power of two; rows that stay cached where they lie
// and rows that do not; results so narrow that their transpose is taken.
const ShardCase kShardCases[] = {
    {5, 4, 8, 4},     {5, 10, 3, 4},     {1, 1, 1, 1},        {3, 17, 33, 8},   {0, 9, 9, 3},
    {37, 6, 700, 5},  {64, 100, 65, 8},  {128, 130, 97, 7},   {256, 70, 64, 1}, {257, 115, 40, 3},
    {700, 90, 50, 2}, {600, 80, 70, 13}, {520, 113, 37, 520}, {1000, 3, 5, 64}, {300, 127, 33, 1},
    {64, 784, 33, 8}, {96, 256, 70, 3},  {64, 300, 10, 8},    {50, 600, 1, 7}};

class GemmShards : public GemmOnIsa {};
INSTANTIATE_TEST_SUITE_P(Isa, GemmShards, ::testing::ValuesIn(runnable_isas()), isa_suffix);

TEST_P(GemmShards, WeightGradientsEqualTheTree) {
  for (const auto& [rows, in, out, shards] : kShardCases) {
    SCOPED_TRACE(::testing::Message() << rows << " rows, " << in << "x" << out << ", S=" << shards);
    const auto a = random_matrix<float>(rows, in, 1), b = random_matrix<float>(rows, out, 2);
    const auto offsets = shard_offsets(rows, shards);
    Matrix<float> c(in, out);
    const cpu::ShardRoot<float> root{offsets.data(), shards, c.at(0), c.ld};
    kernels().f32.tn(0, in, 0, out, a.at(0), a.ld, b.at(0), b.ld, &root, 1);
    EXPECT_EQ(c, reference_tn(isa(), a, b, offsets));
  }
}

TEST_P(GemmShards, TilesDoNotMatter) {
  std::mt19937 engine(3);
  for (const auto& [rows, in, out, shards] :
       {ShardCase{128, 150, 130, 8}, ShardCase{300, 120, 70, 5}}) {
    const auto a = random_matrix<float>(rows, in, 4), b = random_matrix<float>(rows, out, 5);
    const auto offsets = shard_offsets(rows, shards);
    const auto expected = reference_tn(isa(), a, b, offsets);
    for (int trial = 0; trial < 12; ++trial) {
      const int64_t height = 1 + static_cast<int64_t>(engine() % static_cast<uint64_t>(in));
      const int64_t width = 1 + static_cast<int64_t>(engine() % static_cast<uint64_t>(out));
      Matrix<float> c(in, out);
      const cpu::ShardRoot<float> root{offsets.data(), shards, c.at(0), c.ld};
      for (int64_t i = 0; i < in; i += height)
        for (int64_t j = 0; j < out; j += width)
          kernels().f32.tn(i, std::min(in, i + height), j, std::min(out, j + width), a.at(0), a.ld,
                           b.at(0), b.ld, &root, 1);
      EXPECT_EQ(c, expected) << height << "x" << width;
    }
  }
}

// Ranks finish the subtrees that they own; adding those as the tree does gives the whole sum's
// bits.
TEST_P(GemmShards, RootsOfTwoRanksMakeTheWholeTree) {
  const int64_t rows = 90, in = 75, out = 66, shards = 6;
  const auto a = random_matrix<float>(rows, in, 6), b = random_matrix<float>(rows, out, 7);
  const auto offsets = shard_offsets(rows, shards);
  // Tree of 6: ((01)(23))(45). A rank with shards 1..6 owns the roots 1, 23, 45.
  const auto owned = roots_of({1, 6}, shards);
  ASSERT_EQ(owned.size(), 3u);
  std::vector<Matrix<float>> parts(4, Matrix<float>(in, out));
  std::vector<Matrix<float>> sums(4, Matrix<float>(1, out));
  std::vector<cpu::ShardRoot<float>> roots, sum_roots;
  roots.push_back({offsets.data(), 1, parts[0].at(0), parts[0].ld});
  sum_roots.push_back({offsets.data(), 1, sums[0].at(0), 0});
  for (size_t n = 0; n < owned.size(); ++n) {
    roots.push_back(
        {offsets.data() + owned[n].begin, owned[n].size(), parts[n + 1].at(0), parts[n + 1].ld});
    sum_roots.push_back({offsets.data() + owned[n].begin, owned[n].size(), sums[n + 1].at(0), 0});
  }
  kernels().f32.tn(0, in, 0, out, a.at(0), a.ld, b.at(0), b.ld, roots.data(), 4);
  kernels().f32.column_sums(0, out, b.at(0), b.ld, sum_roots.data(), 4);
  const auto expected = reference_tn(isa(), a, b, offsets);
  for (int64_t i = 0; i < in; ++i)
    for (int64_t j = 0; j < out; ++j) {
      const float left = (*parts[0].at(i, j) + *parts[1].at(i, j)) + *parts[2].at(i, j);
      ASSERT_EQ(left + *parts[3].at(i, j), *expected.at(i, j));
    }
  for (int64_t j = 0; j < out; ++j) {
    const float whole =
        reference_tree<float>(offsets, [&](int64_t r, float sum) { return sum + *b.at(r, j); });
    const float left = (*sums[0].at(0, j) + *sums[1].at(0, j)) + *sums[2].at(0, j);
    ASSERT_EQ(left + *sums[3].at(0, j), whole);
  }
}

TEST_P(GemmShards, ColumnSumsEqualTheTree) {
  for (const auto& [rows, in, out, shards] : kShardCases) {
    SCOPED_TRACE(::testing::Message() << rows << "x" << out << ", S=" << shards);
    const auto b = random_matrix<float>(rows, out, 8);
    const auto offsets = shard_offsets(rows, shards);
    Matrix<float> expected(1, out), whole(1, out), tiled(1, out);
    for (int64_t j = 0; j < out; ++j)
      *expected.at(0, j) =
          reference_tree<float>(offsets, [&](int64_t r, float sum) { return sum + *b.at(r, j); });
    cpu::ShardRoot<float> root{offsets.data(), shards, whole.at(0), 0};
    kernels().f32.column_sums(0, out, b.at(0), b.ld, &root, 1);
    EXPECT_EQ(whole, expected);
    root.out = tiled.at(0);
    for (int64_t j = 0; j < out; j += 7)
      kernels().f32.column_sums(j, std::min(out, j + 7), b.at(0), b.ld, &root, 1);
    EXPECT_EQ(tiled, expected);
  }
}

TEST_P(GemmShards, DoublesEqualTheTree) {
  for (const auto& [rows, in, out, shards] :
       {ShardCase{5, 4, 8, 4}, ShardCase{23, 7, 9, 5}, ShardCase{3, 2, 2, 8}}) {
    const auto a = random_matrix<double>(rows, in, 9), b = random_matrix<double>(rows, out, 10);
    const auto offsets = shard_offsets(rows, shards);
    Matrix<double> c(in, out), sums(1, out);
    cpu::ShardRoot<double> root{offsets.data(), shards, c.at(0), c.ld};
    kernels().f64.tn(0, in, 0, out, a.at(0), a.ld, b.at(0), b.ld, &root, 1);
    EXPECT_EQ(c, reference_tn(isa(), a, b, offsets));
    root.out = sums.at(0);
    kernels().f64.column_sums(0, out, b.at(0), b.ld, &root, 1);
    for (int64_t j = 0; j < out; ++j)
      EXPECT_EQ(*sums.at(0, j), reference_tree<double>(offsets, [&](int64_t r, double sum) {
        return sum + *b.at(r, j);
      }));
  }
}

// The order is visible: the same rows under another S have other bits, so the tests above can fail.
TEST_P(GemmShards, AnotherTreeHasOtherBits) {
  const auto a = random_matrix<float>(64, 40, 11), b = random_matrix<float>(64, 40, 12);
  EXPECT_FALSE(reference_tn(isa(), a, b, shard_offsets(64, 8)) ==
               reference_tn(isa(), a, b, shard_offsets(64, 4)));
}

}  // namespace
}  // namespace tutti::gemm_test
