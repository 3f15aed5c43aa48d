#include "launch/page/stragglers.h"

#include <gmock/gmock.h>

namespace tutti {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// Ten seconds of a rank: its own work, and waiting for the rest of them.
RankPace pace(int rank, double data, double compute, double communication = 0.5) {
  RankPace pace{.rank = rank};
  pace.seconds = {0, data, compute, 10 - data - compute, 0};
  pace.waited = 10 - data - compute - communication;
  return pace;
}

TEST(Stragglers, NoneAmongRanksThatTakeEquallyLong) {
  EXPECT_THAT(find_stragglers(std::vector{pace(0, 1, 6), pace(1, 1.1, 6.2), pace(2, 1, 5.9)}),
              IsEmpty());
  EXPECT_THAT(find_stragglers(std::vector{pace(0, 1, 6)}), IsEmpty());
  EXPECT_THAT(find_stragglers({}), IsEmpty());
  EXPECT_THAT(find_stragglers(std::vector{RankPace{.rank = 0}, RankPace{.rank = 1}}), IsEmpty());
}

TEST(Stragglers, TheKindOfWorkThatExceedsTheOthersIsTheCause) {
  const auto slow_disk =
      find_stragglers(std::vector{pace(0, 1, 4), pace(1, 1, 4), pace(2, 5, 4), pace(3, 1, 4)});
  ASSERT_EQ(slow_disk.size(), 1U);
  EXPECT_EQ(slow_disk[0].rank, 2);
  EXPECT_EQ(slow_disk[0].cause, ActivityKind::data);
  EXPECT_NEAR(slow_disk[0].seconds, 0.4, 1e-9);

  const auto slow_core = find_stragglers(std::vector{pace(0, 0.5, 9), pace(1, 0.5, 4)});
  ASSERT_EQ(slow_core.size(), 1U);
  EXPECT_EQ(slow_core[0].rank, 0);
  EXPECT_EQ(slow_core[0].cause, ActivityKind::compute);

  const auto slow_copies =
      find_stragglers(std::vector{pace(0, 0.5, 4), pace(1, 0.5, 4, 4), pace(2, 0.5, 4)});
  ASSERT_EQ(slow_copies.size(), 1U);
  EXPECT_EQ(slow_copies[0].rank, 1);
  EXPECT_EQ(slow_copies[0].cause, ActivityKind::communication);
}

TEST(Stragglers, WhomMostWaitForThoughItIsQuickHasASlowConnection) {
  std::vector<RankPace> ranks{pace(0, 0.5, 4), pace(1, 0.5, 4), pace(2, 0.5, 4)};
  ranks[0].awaited = {2, 2};
  ranks[1].awaited = {2, 0, 2};
  EXPECT_EQ(find_stragglers(ranks).size(), 1U);
  ranks[1].awaited = {2, 0, 0};  // now this one, now that
  EXPECT_THAT(find_stragglers(ranks), IsEmpty());
  EXPECT_THAT(find_stragglers(std::span(ranks).first(2)), IsEmpty());
  ranks[1].awaited = {2, 0, 2};
  ranks[2].awaited = {0, 1};
  const auto found = find_stragglers(ranks);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].rank, 2);
  EXPECT_EQ(found[0].cause, ActivityKind::communication);
  EXPECT_THAT(describe(found[0], "node7"), HasSubstr("rank 2 on node7 has a slow connection"));
}

TEST(Stragglers, TheWorstComesFirstAndIsDescribed) {
  const auto found = find_stragglers(
      std::vector{pace(0, 1, 2), pace(1, 3, 2), pace(2, 1, 2), pace(3, 1, 8), pace(4, 1, 2)});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].rank, 3);
  EXPECT_EQ(found[1].rank, 1);
  EXPECT_EQ(
      describe(found[1], "node1"),
      "rank 1 on node1 is slow at reading data: it works 1.6 times as long as the others, who "
      "wait 20% of the time");
}

TEST(Stragglers, APaceIsTheDifferenceOfTwoSnapshots) {
  ActivitySnapshot before, after;
  before.seconds = {1, 2, 3, 4, 5};
  after.seconds = {1, 3, 5, 7, 9};
  before.waited = 1, after.waited = 3;
  after.waiting = true, after.awaited = 4;
  const RankPace pace = pace_between(7, before, after);
  EXPECT_EQ(pace.rank, 7);
  EXPECT_EQ(pace.seconds, (std::array<double, 5>{0, 1, 2, 3, 4}));
  EXPECT_EQ(pace.waited, 2);
  EXPECT_EQ(pace.awaited, std::vector<int>{4});
}

TEST(Stragglers, ARankWithALargerShareMayTakeLonger) {
  std::vector<RankPace> ranks{pace(0, 0, 3, 0), pace(1, 0, 6, 0), pace(2, 0, 3, 0)};
  EXPECT_EQ(find_stragglers(ranks).size(), 1U);
  ranks[1].share = 2;
  EXPECT_THAT(find_stragglers(ranks), IsEmpty());
  ranks[1].share = 0;  // more ranks than shards
  EXPECT_THAT(find_stragglers(ranks), IsEmpty());
}

TEST(Stragglers, LooksNeedNotBeEquallyLong) {
  std::vector<RankPace> ranks{pace(0, 1, 4), pace(1, 1, 4)};
  for (double& seconds : ranks[1].seconds) seconds *= 1.5;
  ranks[1].waited *= 1.5;
  EXPECT_THAT(find_stragglers(ranks), IsEmpty());
}

class StragglerWatchTest : public testing::Test {
 protected:
  // A look a second: names of the ranks that are to be named.
  std::vector<int> look(std::vector<int> found, ActivityKind cause = ActivityKind::compute) {
    ++second_;
    std::vector<Straggler> all;
    for (const int rank : found) all.push_back({rank, cause, 2, 0.5});
    std::vector<int> ranks;
    for (const Straggler& one :
         watch_.look(begin_ + std::chrono::seconds(second_), steps_a_second_ * second_, all))
      ranks.push_back(one.rank), last_ = one;
    return ranks;
  }
  // Looks that all find the same, until one names it: how many.
  int looks_until_named(int rank) {
    for (int looks = 1; looks <= 200; ++looks)
      if (!look({rank}).empty()) return looks;
    return -1;
  }

  StragglerWatch watch_;
  StragglerWatch::Time begin_{};
  int second_ = 0, steps_a_second_ = 10;
  Straggler last_;
};

TEST_F(StragglerWatchTest, NamesWhoIsSlowForLongOnce) {
  EXPECT_EQ(looks_until_named(3), 21);
  EXPECT_EQ(looks_until_named(3), -1);
}

TEST_F(StragglerWatchTest, NeverNamesWhoIsSlowNowAndThen) {
  for (int i = 0; i < 50; ++i) {
    for (int slow = 0; slow < 18; ++slow) EXPECT_THAT(look({i % 4}), IsEmpty());
    EXPECT_THAT(look({}), IsEmpty());
  }
}

TEST_F(StragglerWatchTest, NamesAgainOnlyWhoWasWellForLong) {
  looks_until_named(1);
  for (int i = 0; i < 15; ++i) look({});
  EXPECT_EQ(looks_until_named(1), -1);
  for (int i = 0; i < 21; ++i) look({});
  EXPECT_EQ(looks_until_named(1), 21);
}

TEST_F(StragglerWatchTest, LooksAtManySteps) {
  steps_a_second_ = 0;
  EXPECT_EQ(looks_until_named(1), -1);
}

TEST_F(StragglerWatchTest, TheCauseIsTheOneThatWasFoundMost) {
  for (int i = 0; i < 12; ++i) look({2}, ActivityKind::data);
  for (int i = 0; i < 9; ++i) look({2}, ActivityKind::compute);
  EXPECT_EQ(last_.rank, 2);
  EXPECT_EQ(last_.cause, ActivityKind::data);
  EXPECT_DOUBLE_EQ(last_.factor, 2);
  EXPECT_DOUBLE_EQ(last_.seconds, 0.5);
}

}  // namespace
}  // namespace tutti
