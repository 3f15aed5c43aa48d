#include "distributed/commit/plan.h"

#include <gtest/gtest.h>

namespace tutti {
namespace {

using Hosts = std::vector<std::string>;

TEST(CommitPlan, OnOneHostAShareLiesTwice) {
  const CommitPlan plan = commit_plan(1000, Hosts(4, "a"));
  EXPECT_EQ(plan.share_bytes, 250U);
  ASSERT_EQ(plan.hosts.size(), 1U);
  EXPECT_EQ(plan.hosts[0].ranks, 4);
  EXPECT_EQ(plan.hosts[0].copies, 0);
  EXPECT_EQ(plan.hosts[0].bytes, 2000U);
}

TEST(CommitPlan, BetweenHostsItLiesTwiceAtTheBuddysToo) {
  const CommitPlan plan = commit_plan(1200, {"a", "a", "b", "b"});
  ASSERT_EQ(plan.hosts.size(), 2U);
  for (const auto& host : plan.hosts) {
    EXPECT_EQ(host.copies, 2);
    EXPECT_EQ(host.bytes, 2U * 300 * 4);
  }
  const CommitPlan uneven = commit_plan(1000, {"a", "a", "a", "b"});
  EXPECT_EQ(uneven.hosts[0].copies, 1);
  EXPECT_EQ(uneven.hosts[1].copies, 3);
  EXPECT_EQ(uneven.hosts[1].bytes, 2U * 250 * 4);
}

TEST(CommitPlan, CostsAHundredthOfTheTimeAndComesNotTooOften) {
  EXPECT_EQ(commit_interval(0.0001), 0.7);
  EXPECT_DOUBLE_EQ(commit_interval(0.25), 25);
  // The net of 899,260 parameters, with Adam.
  EXPECT_LT(commit_plan(10'800'000, {"a", "b"}).interval, 1);
  const CommitPlan large = commit_plan(1'200'000'000, {"a", "a", "b", "b"});  // 100M with Adam
  EXPECT_DOUBLE_EQ(large.interval, 100 * large.cost);
  EXPECT_EQ(large.interval, commit_interval(large.cost));
  EXPECT_LE(large.interval, 60);
  EXPECT_LT(commit_plan(1'200'000'000, Hosts(4, "a")).cost, large.cost);
}

TEST(CommitPlan, TheJobMaySayHowOften) {
  EXPECT_EQ(commit_plan(1000, {"a", "b"}, 30).interval, 30);
}

TEST(CommitPlan, OfNoRanksIsNone) { EXPECT_TRUE(commit_plan(1000, {}).hosts.empty()); }

}  // namespace
}  // namespace tutti
