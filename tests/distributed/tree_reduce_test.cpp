#include "distributed/tree_reduce.h"

#include <gmock/gmock.h>

#include "distributed/self/self_communicator.h"
#include "distributed/thread/thread_communicator.h"
#include "tests/distributed/hang_watchdog.h"
#include "tests/distributed/tree_reduce_cases.h"

namespace tutti {
namespace {

using namespace tree_reduce_cases;

class TreeReduceOver : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Shards, TreeReduceOver, testing::Values(1, 2, 3, 5, 7, 8, 16));

TEST_P(TreeReduceOver, HasTheReferencesBitsOnAnyNumberOfRanks) {
  const int64_t shards = GetParam();
  for (int world = 1; world <= std::min<int64_t>(shards, 7); ++world)
    for (const int64_t n : {0, 1, 2, 37, 1024, 2501}) {
      SCOPED_TRACE(fmt::format("S={} W={} n={}", shards, world, n));
      run_ranks(world, [&](Communicator& c) { check_reduction<float>(c, shards, n); });
      run_ranks(world, [&](Communicator& c) { check_reduction<double>(c, shards, n); });
    }
}

TEST_P(TreeReduceOver, CountsWholeNumbers) {
  const int64_t shards = GetParam();
  for (int world = 1; world <= std::min<int64_t>(shards, 4); ++world)
    run_ranks(world, [&](Communicator& c) { check_reduction<int64_t>(c, shards, 37); });
}

// Sums too long for one meeting are scattered and gathered.
TEST(TreeReduce, LongSumsHaveTheSameBits) {
  run_ranks(3, [](Communicator& c) { check_reduction<float>(c, 5, 70001); });
  run_ranks(2, [](Communicator& c) { check_reduction<double>(c, 2, 33000); });
}

// The comparison can fail: adding the same numbers from left to right gives other bits.
TEST(TreeReduce, AnotherOrderIsDetected) {
  constexpr int64_t shards = 8, n = 1000;
  std::vector<float> in_order(n), in_tree(n);
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t s = 0; s < shards; ++s) in_order[i] += leaf_value<float>(s, i);
    in_tree[i] = tree_sum<float>(shards, i);
  }
  EXPECT_FALSE(same_bits(in_order.data(), in_tree.data(), n));
  // And so does handing the reduction two ranks' partials exchanged: the left half is 4 of 7
  // shards.
  run_ranks(2, [&](Communicator& c) {
    std::vector<float> partials(7 * n), sums(n), expected(n);
    TreeReduce reduce(c, 7);
    PartialSums mine = fill_partials(partials.data(), c, 7, n, n);
    if (c.rank() == 1)
      std::swap_ranges(partials.begin(), partials.begin() + n, partials.begin() + n);
    reduce.all_reduce(mine, sums.data());
    for (int64_t i = 0; i < n; ++i) expected[i] = tree_sum<float>(7, i);
    EXPECT_FALSE(same_bits(sums.data(), expected.data(), n));
  });
}

TEST(TreeReduce, AloneWithOneRootNothingIsCopied) {
  const auto self = make_self_communicator();
  TreeReduce reduce(*self, 8);
  std::vector<float> sums(100, 1.5f);
  const std::vector<int64_t> offsets{0, 100};
  // Read-only pages could not be written: the same pointer in and out leaves the values alone.
  reduce.reduce_scatter({DType::f32, sums.data(), 100, 100}, offsets, sums.data());
  EXPECT_THAT(sums, testing::Each(1.5f));
  std::vector<float> other(100);
  reduce.all_reduce({DType::f32, sums.data(), 100, 100}, other.data());
  EXPECT_EQ(other, sums);
}

TEST(TreeReduce, ReductionsFollowEachOther) {
  run_ranks(3, [](Communicator& c) {
    TreeReduce reduce(c, 4);
    for (int step = 0; step < 200; ++step) {
      std::vector<double> partials(4 * 5), sums(5);
      const PartialSums mine = fill_partials(partials.data(), c, 4, 5, 5);
      for (double& value : partials) value *= step;
      reduce.all_reduce(mine, sums.data());
      // Products with whole numbers up to 200 round: compare with the tree of the products.
      const auto leaf = [&](int64_t s, int64_t i) { return leaf_value<double>(s, i) * step; };
      for (int64_t i = 0; i < 5; ++i) {
        double scale = 0;
        for (int64_t s = 0; s < 4; ++s) scale += std::abs(leaf(s, i));
        ASSERT_NEAR(sums[i], leaf(0, i) + leaf(1, i) + (leaf(2, i) + leaf(3, i)), 1e-14 * scale);
      }
    }
  });
}

TEST(TreeReduce, RefusesWhatDoesNotFit) {
  run_ranks(3, [](Communicator& c) {
    try {
      TreeReduce(c, 2);
      ADD_FAILURE() << "3 ranks over 2 shards";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::world);
      EXPECT_THAT(error.what(), testing::HasSubstr("--set shards=16"));
    }
  });
  const auto self = make_self_communicator();
  TreeReduce reduce(*self, 1);
  std::vector<float> sums(4);
  const std::vector<int64_t> short_of_the_end{0, 3}, bad_count{0, 2, 4};
  EXPECT_THROW(
      reduce.reduce_scatter({DType::f32, sums.data(), 4, 4}, short_of_the_end, sums.data()), Error);
  EXPECT_THROW(reduce.reduce_scatter({DType::f32, sums.data(), 4, 4}, bad_count, sums.data()),
               Error);
}

}  // namespace
}  // namespace tutti
