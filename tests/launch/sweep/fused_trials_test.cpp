// Trials in one process: the results of trials in processes of their own, whatever becomes of it.
#include "launch/sweep/fused_trials.h"

#include <gmock/gmock.h>

#include <fstream>

#include "io/checkpoint/checkpoint.h"
#include "launch/run_directory.h"
#include "launch/sweep/sweep_folder.h"
#include "tests/launch/sweep/sweep_fixture.h"

namespace tutti {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;
using testing_support::iris_study;

// Remembers what it was to start.
class Alone final : public Executor {
 public:
  explicit Alone(std::vector<int64_t>& started) : started_(started) {}
  int slots() const override { return 2; }
  void set_slots(int) override {}
  void start(const Trial& trial, int64_t) override { started_.push_back(trial.number); }
  void stop(int64_t) override {}
  void wait(Watcher&, Clock::Duration) override { std::this_thread::sleep_for(milliseconds(1)); }

 private:
  std::vector<int64_t>& started_;
};

class Heard final : public Executor::Watcher {
 public:
  Verdict report(int64_t trial, int64_t epoch, double value) override {
    values[trial].emplace_back(epoch, value);
    return epoch == pause_at ? Verdict::pause : Verdict::go_on;
  }
  void ended(int64_t trial, const ExecutionEnd& end) override { ends[trial] = end; }

  int64_t pause_at = 0;
  std::map<int64_t, std::vector<std::pair<int64_t, double>>> values;
  std::map<int64_t, ExecutionEnd> ends;
};

class FusedTest : public testing_support::WithSweep {
 protected:
  // As `tutti sweep` has it; `alone` is told what it was to start.
  FusedTrials make(FusedTrialsOptions options, const std::string& rest, int epochs) {
    write("study.yaml", iris_study(rest, epochs));
    const StudyFile study = read_study_file(folder_ / "study.yaml");
    const SweepFolder folder(folder_ / "fused");
    folder.begin(study, false);
    TrialCommand worker = folder.worker();
    worker.line[0] = testing_support::tutti_program();
    return {options, study.objectives, std::move(worker), std::make_unique<Alone>(alone_)};
  }
  static Trial trial(int64_t number, double units = 8) {
    Trial trial;
    trial.number = number;
    trial.point = {{"optimizer.Adam.learning_rate", 0.01}, {"units", units}};
    return trial;
  }
  template <typename Condition>
  static void until(Executor& executor, Heard& heard, const Condition& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition() && std::chrono::steady_clock::now() < end)
      executor.wait(heard, milliseconds(10));
    ASSERT_TRUE(condition());
  }
  static std::map<std::string, nlohmann::json> digests(const StudyRecord& record) {
    std::map<std::string, nlohmann::json> found;
    for (const Trial& trial : record.trials)
      if (trial.user_attributes.contains(kParameters))
        found[std::to_string(trial.number)] = trial.user_attributes.at(kParameters);
    return found;
  }

  std::vector<int64_t> alone_;
};

TEST_F(FusedTest, TheBitsAreThoseOfProcesses) {
  const std::string some = "max_trials: 6\nslots: 1\ntuner: {TPE: {n_startup_trials: 3}}\n";
  const std::string halving =
      "max_trials: 6\nslots: 1\npruner: {SuccessiveHalving: {min_resource: 2, reduction_factor: 2, "
      "promotion: true, max_resource: 6}}\n";
  for (const std::string& rest : {some, halving}) {
    std::filesystem::remove_all(folder_ / "runs");
    write("study.yaml", iris_study(rest));
    ASSERT_EQ(shell("tutti sweep study.yaml --run runs/fused").code, 0);
    write("study.yaml", iris_study(rest + "fuse: false\n"));
    ASSERT_EQ(shell("tutti sweep study.yaml --run runs/alone").code, 0);
    const StudyRecord fused = record("runs/fused"), alone = record("runs/alone");
    EXPECT_EQ(decisions(fused), decisions(alone));
    EXPECT_EQ(digests(fused), digests(alone));
    EXPECT_FALSE(digests(fused).empty());
    // Only the best one has a run, made by itself.
    const auto best = std::to_string(fused.ranking().at(0)->number);
    int runs = 0;
    for (const auto& run : std::filesystem::directory_iterator(folder_ / "runs/fused/trials")) {
      EXPECT_EQ(run.path().filename().string(), best);
      ++runs;
    }
    EXPECT_EQ(runs, 1);
    EXPECT_EQ(testing_support::read_text(folder_ / "runs/fused/trials" / best / "history.csv"),
              testing_support::read_text(folder_ / "runs/alone/trials" / best / "history.csv"));
  }
}

// They differ in their rates alone, and share what is built for them.
TEST_F(FusedTest, OneModelServesAllRates) {
  std::string text = iris_study("max_trials: 12\nslots: 2\ntuner: Random\n");
  text.replace(text.find("$units, activation: relu}"), 25,
               "8, activation: relu}\n    - BatchNormalization\n    - Dropout: {rate: 0.3}");
  text.erase(text.find("  units: {int: [4, 32], step: 4}\n"), 33);
  write("study.yaml", text);
  ASSERT_EQ(shell("tutti sweep study.yaml --run runs/fused").code, 0);
  ASSERT_EQ(shell("tutti sweep study.yaml --set fuse=false --run runs/alone").code, 0);
  const StudyRecord fused = record("runs/fused"), alone = record("runs/alone");
  EXPECT_EQ(digests(fused).size(), 12u);
  EXPECT_EQ(digests(fused), digests(alone));
  for (size_t i = 0; i < 12; ++i)
    EXPECT_EQ(fused.trials[i].intermediate, alone.trials[i].intermediate);
}

TEST_F(FusedTest, OfSeveralExecutionsTheFirstHasTheRun) {
  write("study.yaml", iris_study("max_trials: 2\nexecutions_per_trial: 2\n"));
  const auto ran = shell("tutti sweep study.yaml");
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto best = std::to_string(record().ranking().at(0)->number);
  EXPECT_THAT(ran.out, HasSubstr("run: runs/study/trials/" + best));
  const auto exported = shell("tutti sweep export runs/study best.keras");
  EXPECT_EQ(exported.code, 0) << exported.err;
}

TEST_F(FusedTest, WhatIsToLeaveFilesRunsByItself) {
  std::string text = iris_study("max_trials: 2\n");
  text.replace(text.find("  loss:"), 0, "  callbacks: [{CSVLogger: {filename: mine.csv}}]\n");
  write("study.yaml", text);
  const auto ran = shell("tutti sweep study.yaml");
  ASSERT_EQ(ran.code, 0) << ran.err;
  for (const char* run : {"0", "1"})
    EXPECT_TRUE(std::filesystem::exists(folder_ / "runs/study/trials" / run / "mine.csv"));
}

TEST_F(FusedTest, APausedOneHoldsItsState) {
  FusedTrials executor = make({}, "", 4);
  Heard heard;
  heard.pause_at = 2;
  executor.start(trial(0), 0);
  until(executor, heard, [&] { return heard.ends.contains(0); });
  EXPECT_EQ(heard.ends.at(0).cause, ExecutionEnd::Cause::stopped);
  executor.start(trial(0), 0);
  until(executor, heard, [&] { return heard.values[0].size() == 4; });
  heard.ends.clear();
  until(executor, heard, [&] { return heard.ends.contains(0); });
  EXPECT_EQ(heard.ends.at(0).cause, ExecutionEnd::Cause::complete);
  EXPECT_EQ(heard.ends.at(0).values.at(0), heard.values[0].back().second);
}

// It goes on from there, with the bits of one that was never paused.
TEST_F(FusedTest, OfManyPausedOnesTheOldestGoesToTheDisk) {
  FusedTrials executor = make({.most_paused = 1}, "", 4);
  Heard heard;
  heard.pause_at = 2;
  for (const int64_t number : {0, 1}) {
    executor.start(trial(number), 0);
    until(executor, heard, [&] { return heard.ends.contains(number); });
  }
  const auto states = folder_ / "fused/suspended";
  until(executor, heard, [&] { return checkpoints_in(states / "0").size() == 1; });
  EXPECT_FALSE(std::filesystem::exists(states / "1"));
  heard = {};
  for (const int64_t number : {0, 1, 2}) executor.start(trial(number), 0);
  until(executor, heard, [&] { return heard.ends.size() == 3; });
  EXPECT_EQ(heard.values[0].front().first, 3);
  EXPECT_EQ(heard.values[2].size(), 4u);
  for (const int64_t number : {0, 1}) {
    EXPECT_EQ(heard.values[number].size(), 2u);
    EXPECT_EQ(heard.ends.at(number).parameters, heard.ends.at(2).parameters);
    EXPECT_EQ(heard.ends.at(number).values, heard.ends.at(2).values);
  }
  EXPECT_FALSE(std::filesystem::exists(states / "0"));
}

TEST_F(FusedTest, NoStateStaysWhenTheSweepIsOver) {
  write("study.yaml", iris_study("max_trials: 2\n"));
  std::filesystem::create_directories(folder_ / "runs/study/suspended/0/step-000000000001");
  write("runs/study/suspended/0/step-000000000001/manifest.pb", "of a sweep that was killed");
  ASSERT_EQ(shell("tutti sweep study.yaml").code, 0);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "runs/study/suspended"));
}

TEST_F(FusedTest, WhereMemoryIsShortAllPausedOnesGoToTheDisk) {
  FusedTrials executor = make({.least_memory = 2}, "", 4);
  Heard heard;
  heard.pause_at = 2;
  executor.start(trial(0), 0);
  until(executor, heard, [&] { return heard.ends.contains(0); });
  // At once: what it is told to save may not be saved yet.
  heard = {};
  executor.start(trial(0), 0);
  until(executor, heard, [&] { return heard.ends.contains(0); });
  EXPECT_EQ(heard.ends.at(0).cause, ExecutionEnd::Cause::complete);
  EXPECT_EQ(heard.values[0].size(), 2u);
}

// A disk that takes no state: it trains its epochs again.
TEST_F(FusedTest, WhatCannotBeSavedTrainsAgain) {
  FusedTrials executor = make({.most_paused = 0}, "", 4);
  Heard heard;
  heard.pause_at = 2;
  executor.start(trial(0), 0);
  until(executor, heard, [&] { return !heard.values[0].empty(); });
  write("fused/suspended", "in the way");
  until(executor, heard, [&] { return heard.ends.contains(0); });
  heard = {};
  executor.start(trial(0), 0);
  until(executor, heard, [&] { return heard.ends.contains(0); });
  EXPECT_EQ(heard.ends.at(0).cause, ExecutionEnd::Cause::complete);
  EXPECT_EQ(heard.values[0].size(), 4u);
}

TEST_F(FusedTest, WhatLastsIsBegunAgainByItself) {
  FusedTrials executor = make({.longest = milliseconds(300)}, "", 1'000'000);
  Heard heard;
  executor.start(trial(0), 0);
  executor.start(trial(1), 0);
  until(executor, heard, [&] { return alone_.size() == 2; });
  executor.start(trial(2), 0);
  EXPECT_EQ(alone_, (std::vector<int64_t>{0, 1, 2}));
  EXPECT_TRUE(heard.ends.empty());
}

TEST_F(FusedTest, WhatIsWrongIsRefusedAndTheOthersGoOn) {
  std::string rest = "max_trials: 3\nenqueue: [{units: 8}, {units: 4}, {units: 8}]\n";
  std::string text = iris_study(rest);
  text.replace(text.find("    - Dense: {units: 3"), 0,
               "    - Reshape: {target_shape: [2, 2, 2]}\n    - Flatten\n");
  write("study.yaml", text);  // 8 units alone can be reshaped so
  text.replace(text.find("int: [4, 32]"), 12, "int: [4, 8]");
  write("study.yaml", text);
  const auto ran = shell("tutti sweep study.yaml");
  ASSERT_EQ(ran.code, 0) << ran.err;
  const StudyRecord all = record();
  int complete = 0;
  for (const Trial& trial : all.trials) {
    const bool fits = trial.point.at("units") == 8;
    EXPECT_EQ(trial.state, fits ? TrialState::complete : TrialState::failed);
    if (fits) {
      ++complete;
    } else {
      EXPECT_THAT(trial.user_attributes.at(kFailure).get<std::string>(), HasSubstr("reshape"));
    }
  }
  EXPECT_GT(complete, 0);
  EXPECT_LT(complete, 3);
}

TEST_F(FusedTest, WhenItsProcessIsKilledEachGoesOnByItself) {
  write("study.yaml", iris_study("max_trials: 3\nslots: 2\n", 300));
  ASSERT_EQ(shell("tutti sweep study.yaml --run runs/left").code, 0);
  const pid_t sweep = begin("study.yaml");
  pid_t worker = -1;
  for (int i = 0; i < 30'000 && worker < 0; ++i) {
    std::this_thread::sleep_for(milliseconds(1));
    if (testing_support::read_text(folder_ / "runs/study/journal.log").size() < 5000) continue;
    std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", sweep));
    for (pid_t child = 0; children >> child;)
      if (testing_support::read_text(fmt::format("/proc/{}/cmdline", child)).find("trials") !=
          std::string::npos)
        worker = child;
  }
  ASSERT_GT(worker, 0);
  ASSERT_EQ(kill(worker, SIGKILL), 0);
  EXPECT_EQ(end_of(sweep), 0) << testing_support::read_text(folder_ / "err.txt");
  EXPECT_THAT(testing_support::read_text(folder_ / "err.txt"), HasSubstr("killed by signal 9"));
  const StudyRecord all = record(), left = record("runs/left");
  EXPECT_EQ(digests(all), digests(left));
  ASSERT_EQ(all.trials.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(all.trials[i].intermediate, left.trials[i].intermediate);
    EXPECT_FALSE(all.trials[i].user_attributes.contains("retries"));
  }
}

TEST_F(FusedTest, NobodyElseAsksForTrials) {
  write("study.yaml", iris_study("max_trials: 1\n"));
  ASSERT_EQ(shell("tutti sweep study.yaml").code, 0);
  const auto ran = shell("tutti sweep trials runs/study");
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("is for tutti sweep itself"));
}

}  // namespace
}  // namespace tutti
