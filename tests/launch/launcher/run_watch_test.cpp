#include "launch/launcher/run_watch.h"

#include <gmock/gmock.h>

#include <fstream>
#include <thread>

#include "tests/launch/run_program.h"

namespace tutti::launch {
namespace {

using membership::Judge;
using membership::Report;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

class RunWatchTest : public testing_support::InTemporaryFolder {
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
  RunWatch watch_{"runs/digits"};
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

TEST_F(RunWatchTest, SaysWhoHoldsTheOthersUpForLong) {
  std::vector<std::string> lines;
  for (int second = 0; second <= 60; ++second) {
    report(0, second, 0.2);
    report(1, second, 0.9);
    for (const auto& line : watch_.look(judge_, begin_ + std::chrono::seconds(second)))
      lines.push_back(line);
  }
  EXPECT_THAT(lines,
              testing::ElementsAre(testing::StartsWith(
                  "[world 1] rank 1 on b is slow at computing: it works 4.5 times as long")));
}

TEST_F(RunWatchTest, ARankWithMoreShardsHoldsNobodyUp) {
  watch_ = RunWatch("runs/digits", {.shards = 3});  // one and two of them
  for (int second = 0; second <= 60; ++second) {
    report(0, second, 0.45);
    report(1, second, 0.9);
    EXPECT_THAT(watch_.look(judge_, begin_ + std::chrono::seconds(second)), testing::IsEmpty());
  }
}

TEST_F(RunWatchTest, ShowsHowWellTheTrainingDoesAndWhatIsSaved) {
  const std::filesystem::path run = folder_;
  std::filesystem::create_directories(run / "checkpoints" / "step-000000000020");
  std::ofstream(run / "history.csv")
      << "epoch,accuracy,loss,val_accuracy,val_loss\n0,0.5,2.5,NA,NA\n1,0.75,1.5,NA,NA\n2,0.8";
  watch_ = RunWatch(run, {.batch = 32, .epochs = 5});
  for (int second = 0; second <= 2; ++second) report(0, second, 0.5), report(1, second, 0.5);
  RunStatus status;
  for (int second = 2; second < 300 && status.curves.empty(); ++second) {  // another thread reads
    status = watch_.status(judge_, begin_ + std::chrono::seconds(second));
    std::this_thread::sleep_for(milliseconds(100));
  }
  EXPECT_EQ(status.epochs_done, 2);
  EXPECT_EQ(status.epochs, 5);
  EXPECT_EQ(status.checkpoint_step, 20);
  EXPECT_DOUBLE_EQ(status.rows_per_second, 320);
  ASSERT_EQ(status.curves.size(), 2u);  // nothing was validated
  EXPECT_EQ(status.curves[1].name, "loss");
  ASSERT_EQ(status.curves[1].points.size(), 2u);
  EXPECT_EQ(status.curves[1].points[1].epoch, 2);
  EXPECT_EQ(status.curves[1].points[1].value, 1.5);
}

TEST_F(RunWatchTest, LongCurvesAreThinnedAndEndWhereTheyEnd) {
  const std::filesystem::path run = folder_;
  std::ofstream history(run / "history.csv");
  history << "epoch,loss\n";
  for (int epoch = 0; epoch < 10'001; ++epoch) history << epoch << "," << epoch << "\n";
  history.close();
  const RunFiles files = read_run_files(run);
  EXPECT_EQ(files.epochs, 10'001);
  ASSERT_EQ(files.curves.size(), 1u);
  EXPECT_LE(files.curves[0].points.size(), 401u);
  EXPECT_EQ(files.curves[0].points.back().epoch, 10'001);
  EXPECT_EQ(read_run_files(run / "none").curves.size(), 0u);
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
