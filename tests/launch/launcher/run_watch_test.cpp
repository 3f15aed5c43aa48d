#include "launch/launcher/run_watch.h"

#include <gmock/gmock.h>

namespace tutti::launch {
namespace {

using membership::Judge;
using membership::Report;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

class RunWatchTest : public testing::Test {
 protected:
  RunWatchTest() { judge_.handle(milliseconds(0), Judge::Tick{}); }

  // A rank that computes for so much of each second, and waits for the rest.
  void report(int rank, int second, double computes) {
    Report report;
    report.job = 5;
    report.member = {1, rank};
    report.number = static_cast<uint64_t>(second + 1);
    report.boot = 1;
    report.rank.generation = 1;
    report.rank.ready = true;
    report.rank.progress = {10 * second, computes > 0.5 ? "matmul @ dense" : "all_gather", 0,
                            computes <= 0.5};
    report.rank.pace.seconds[static_cast<size_t>(ActivityKind::compute)] = computes * second;
    report.rank.pace.seconds[static_cast<size_t>(ActivityKind::communication)] =
        (1 - computes) * second;
    report.rank.pace.waited = (1 - computes) * second;
    report.rank.pace.bytes = static_cast<uint64_t>(1000 * second);
    judge_.handle(milliseconds(1000 * second), report);
    watch_.report(report, begin_ + std::chrono::seconds(second));
  }

  Judge judge_{{.job = 5, .ranks = 2, .max_ranks = 2}, {{"a", 1}, {"b", 1}}, milliseconds(0)};
  RunWatch watch_{"digits", "runs/digits"};
  RunWatch::Time begin_ = std::chrono::steady_clock::now();
};

TEST_F(RunWatchTest, ShowsWhereRanksAreAndWhoHoldsThemUp) {
  for (int second = 0; second <= 4; ++second) {
    report(0, second, 0.2);
    report(1, second, 0.9);
  }
  watch_.say("[world 1] 2 ranks");
  const RunStatus status = watch_.status(judge_, begin_ + std::chrono::seconds(6));
  EXPECT_EQ(status.job, "digits");
  EXPECT_EQ(status.phase, "training");
  EXPECT_EQ(status.generation, 1u);
  EXPECT_EQ(status.step, 40);
  ASSERT_EQ(status.ranks.size(), 2u);
  EXPECT_EQ(status.ranks[1].host, "b");
  EXPECT_EQ(status.ranks[1].where, "matmul @ dense");
  EXPECT_FALSE(status.ranks[1].waiting);
  EXPECT_TRUE(status.ranks[0].waiting);
  EXPECT_DOUBLE_EQ(status.ranks[0].steps_per_second, 10);
  EXPECT_DOUBLE_EQ(status.ranks[0].bytes_per_second, 1000);
  EXPECT_DOUBLE_EQ(status.ranks[0].silent, 2);
  EXPECT_DOUBLE_EQ(status.ranks[0].since, 6);
  ASSERT_EQ(status.stragglers.size(), 1u);
  EXPECT_EQ(status.stragglers[0].rank, 1);
  EXPECT_EQ(status.stragglers[0].cause, ActivityKind::compute);
  EXPECT_EQ(status.events.back().text, "[world 1] 2 ranks");
  EXPECT_THAT(to_prometheus(status), HasSubstr("tutti"));
}

TEST_F(RunWatchTest, BeforeTheFirstWordRanksAreStarting) {
  const RunStatus status = watch_.status(judge_, begin_);
  ASSERT_EQ(status.ranks.size(), 2u);
  EXPECT_EQ(status.ranks[0].phase, "starting");
  EXPECT_TRUE(status.stragglers.empty());
}

TEST_F(RunWatchTest, WhatWasBeforeAnotherWorldIsForgotten) {
  report(0, 0, 0.5);
  report(0, 1, 0.5);
  Report other;
  other.member = {1, 0};
  other.rank.generation = 2;
  watch_.report(other, begin_ + std::chrono::seconds(2));
  EXPECT_EQ(watch_.status(judge_, begin_ + std::chrono::seconds(2)).ranks[0].steps_per_second, 0);
}

}  // namespace
}  // namespace tutti::launch
