#include "scheduler/executors/coordinator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <memory>

#include "core/base/error.h"
#include "scheduler/pruners/successive_halving.h"
#include "scheduler/tuners/random_search.h"
#include "tests/scheduler/executors/virtual_executor.h"

namespace tutti {
namespace {

using Cause = ExecutionEnd::Cause;
using test::Killed;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kEpochs = 4;

// Trials are formulas of their point; each turn one epoch of the oldest one that runs.
class FormulaExecutor final : public Executor {
 public:
  explicit FormulaExecutor(int slots) : slots_(slots) {}

  int slots() const override { return slots_; }
  void set_slots(int slots) override { slots_ = slots; }
  void give(int64_t trial, int slots) override {
    EXPECT_TRUE(running_.contains(trial));
    given[trial].push_back(slots);
  }
  void start(const Trial& trial, int64_t execution) override {
    EXPECT_LT(static_cast<int>(running_.size()), slots_);
    EXPECT_FALSE(running_.contains(trial.number)) << "twice at once";
    starts.push_back(trial.number);
    running_[trial.number] = {trial.point.at("rate") + 0.01 * static_cast<double>(execution)};
  }
  void stop(int64_t trial) override { running_.at(trial).asked = true; }

  void wait(Watcher& watcher, Clock::Duration at_most) override {
    Clock::current().sleep_for(at_most);
    if (kill_after && --*kill_after == 0) throw Killed();
    for (auto& [number, one] : running_) {
      if (one.asked) return end(watcher, number, {Cause::stopped, "asked to"});
      if (!ends[number].empty()) {
        const ExecutionEnd end_of_it = ends[number].front();
        ends[number].erase(ends[number].begin());
        return end(watcher, number, end_of_it);
      }
      if (++one.epoch > kEpochs) return end(watcher, number, {Cause::complete, "", {value(one)}});
      if (watcher.report(number, one.epoch, value(one)) != Verdict::go_on) one.asked = true;
      return;
    }
  }

  std::vector<int64_t> starts;
  std::map<int64_t, std::vector<int>> given;
  std::map<int64_t, std::vector<ExecutionEnd>> ends;  // of a trial, one for each time it is begun
  std::optional<int> kill_after;

 private:
  struct Running {
    double rate = 0;
    int64_t epoch = 0;
    bool asked = false;
  };
  static double value(const Running& one) {
    return one.rate + 1.0 / static_cast<double>(std::min(one.epoch, kEpochs));
  }
  void end(Watcher& watcher, int64_t number, const ExecutionEnd& how) {
    running_.erase(number);
    watcher.ended(number, how);
  }

  int slots_;
  std::map<int64_t, Running> running_;
};

class CoordinatorTest : public testing::Test {
 protected:
  CoordinatorTest() {
    std::string name = (std::filesystem::temp_directory_path() / "tutti_sweep_XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~CoordinatorTest() override { std::filesystem::remove_all(folder_); }

  Study study(const char* file = "journal.log", std::shared_ptr<Pruner> pruner = nullptr) {
    return Study(folder_ / file, {.name = "rates", .seed = 7, .max_trials = 12},
                 test::simulated_space(), std::make_shared<test::ChancyTuner>(), pruner);
  }

  std::filesystem::path folder_;
  test::SleptClock clock_;
  Replace<Clock> use_clock_{clock_};
  SweepWatch nobody_;
};

// What decisions and results are, without when and why a trial was begun again.
std::string decisions(const StudyRecord& record) {
  std::string text;
  for (const Trial& trial : record.trials) {
    text += fmt::format("{} {}:", trial.number, static_cast<int>(trial.state));
    for (const auto& [name, number] : trial.point) text += fmt::format(" {}={}", name, number);
    for (const auto& [step, value] : trial.intermediate) text += fmt::format(" {}:{}", step, value);
    for (const double value : trial.values) text += fmt::format(" -> {}", value);
    text += "\n";
  }
  for (const int64_t number : record.finished) text += fmt::format("{} ", number);
  return text;
}

TEST_F(CoordinatorTest, EveryTrialRunsAndIsTold) {
  Study all = study();
  FormulaExecutor executor(3);
  Coordinator coordinator(all, executor, {}, nobody_);
  EXPECT_TRUE(coordinator.run());
  EXPECT_EQ(executor.starts.size(), 12u);
  EXPECT_EQ(coordinator.over(), "12 trials were begun (max_trials 12)");
  for (const Trial& trial : all.record().trials) {
    EXPECT_EQ(trial.state, TrialState::complete);
    EXPECT_EQ(trial.intermediate.size(), static_cast<size_t>(kEpochs));
    EXPECT_THAT(trial.values, ElementsAre(trial.point.at("rate") + 0.25));
  }
}

// What the rungs earn after the last trial was begun, they get; and one trial at least is whole.
TEST_F(CoordinatorTest, PromotionsOutlastTheLastBegin) {
  for (const int factor : {2, 100}) {
    Study all = study(
        fmt::format("by_{}", factor).c_str(),
        std::make_shared<SuccessiveHalving>(SuccessiveHalvingOptions{.min_resource = 1,
                                                                     .reduction_factor = factor,
                                                                     .promotion = true,
                                                                     .max_resource = kEpochs}));
    FormulaExecutor executor(1);
    ASSERT_TRUE(Coordinator(all, executor, {}, nobody_).run());
    std::map<int64_t, int> came;  // to each step
    for (const Trial& trial : all.record().trials) ++came[*trial.last_step()];
    if (factor == 2) {
      EXPECT_EQ(came, (std::map<int64_t, int>{{1, 6}, {2, 3}, {4, 3}}));
    } else {
      EXPECT_EQ(came, (std::map<int64_t, int>{{1, 11}, {4, 1}}));
      EXPECT_EQ(all.record().trials[static_cast<size_t>(*all.best())].state, TrialState::complete);
    }
  }
}

TEST_F(CoordinatorTest, SlotsComeAndGo) {
  Study all = study();
  FormulaExecutor executor(1);
  int turn = 0;
  CoordinatorOptions options;
  options.slots = [&]() -> std::optional<int> {
    ++turn;
    if (turn == 3) return 4;
    if (turn == 20) return 2;
    return {};
  };
  EXPECT_TRUE(Coordinator(all, executor, options, nobody_).run());
  EXPECT_EQ(executor.slots(), 2);
  EXPECT_GT(executor.starts.size(), 12u);  // some saved their state, and went on later
  for (const Trial& trial : all.record().trials) {
    EXPECT_EQ(trial.state, TrialState::complete);
    EXPECT_FALSE(trial.user_attributes.contains("retries"));
    EXPECT_THAT(trial.values, ElementsAre(trial.point.at("rate") + 0.25));
  }
}

// Slots of others come late and go with them; what ran there is begun again, however often.
TEST_F(CoordinatorTest, WhatIsLostIsBegunAgainOnceThereAreSlots) {
  Study all = study();
  FormulaExecutor executor(0);
  int looks = 0;
  CoordinatorOptions options;
  options.slots = [&]() -> std::optional<int> {
    ++looks;
    return looks < 20 ? 0 : looks % 40 < 5 ? 0 : 2;
  };
  const ExecutionEnd lost{ExecutionEnd::Cause::lost, "its host is gone"};
  executor.ends[3] = {lost, lost, lost, lost, lost, lost};
  Coordinator coordinator(all, executor, options, nobody_);
  EXPECT_TRUE(coordinator.run());
  EXPECT_GT(looks, 20);
  EXPECT_EQ(std::ranges::count(executor.starts, 3), 7);
  for (const Trial& trial : all.record().trials) EXPECT_EQ(trial.state, TrialState::complete);
  EXPECT_FALSE(all.record().trials[3].user_attributes.contains("retries"));
}

TEST_F(CoordinatorTest, WhatNothingIsBegunInGoesToWhatRuns) {
  Study all = study();
  FormulaExecutor executor(5);
  EXPECT_TRUE(Coordinator(all, executor, {}, nobody_).run());
  // Of twelve in fives the last two have more, and the very last one has all.
  EXPECT_FALSE(executor.given.contains(0));
  ASSERT_FALSE(executor.given[11].empty());
  EXPECT_EQ(executor.given[11].back(), 5);
}

TEST_F(CoordinatorTest, KilledAtAnyTurnItDecidesTheSame) {
  for (const bool pauses : {false, true}) {
    const auto pruner = [&]() -> std::shared_ptr<Pruner> {
      if (pauses) return std::make_shared<test::PausingPruner>();
      return std::make_shared<test::StoppingPruner>();
    };
    std::string wanted;
    {
      Study alone = study(pauses ? "alone_p" : "alone_s", pruner());
      FormulaExecutor executor(1);
      ASSERT_TRUE(Coordinator(alone, executor, {}, nobody_).run());
      wanted = decisions(alone.record());
    }
    for (int turn = 1; turn < 60; turn += 11) {
      const std::string file = fmt::format("killed_{}_{}", pauses, turn);
      std::unique_ptr<Study> killed;
      int until = turn;
      for (bool over = false; !over;) {
        killed.reset();
        killed.reset(new Study(study(file.c_str(), pruner())));
        FormulaExecutor executor(1);
        executor.kill_after = until;  // again and again, until it comes to the end
        try {
          over = Coordinator(*killed, executor, {}, nobody_).run();
        } catch (const Killed&) {
          until += 7;  // or it would never come further
        }
      }
      EXPECT_EQ(decisions(killed->record()), wanted) << "turn " << turn;
    }
  }
}

TEST_F(CoordinatorTest, WhatMayPassIsRepeatedAndWhatMayNotFails) {
  Study all = study();
  FormulaExecutor executor(2);
  executor.ends[0] = {{Cause::killed, "killed"}, {Cause::killed, "killed"}};
  executor.ends[1] = {{Cause::diverged, "loss is nan"}};
  executor.ends[2] = {{Cause::out_of_memory, "first"}, {Cause::out_of_memory, "again"}};
  executor.ends[3] = {{Cause::disk, "full"}};
  EXPECT_TRUE(Coordinator(all, executor, {}, nobody_).run());
  const auto& trials = all.record().trials;
  EXPECT_EQ(trials[0].state, TrialState::complete);
  EXPECT_EQ(trials[0].user_attributes.at("retries"), 2);
  EXPECT_EQ(trials[1].state, TrialState::failed);
  EXPECT_EQ(trials[1].user_attributes.at("failure"), "loss is nan");
  EXPECT_EQ(trials[1].user_attributes.at("cause"), "diverged");
  EXPECT_FALSE(trials[1].user_attributes.contains("retries"));
  EXPECT_EQ(trials[2].state, TrialState::failed);
  EXPECT_EQ(trials[2].user_attributes.at("failure"), "again");
  EXPECT_EQ(trials[3].state, TrialState::complete);
  EXPECT_EQ(executor.starts.size(), 12u + 2 + 1 + 1);
}

// The disk is full for the next trial, too: none is spent on it.
TEST_F(CoordinatorTest, ADiskThatStaysFullStopsItAndNoTrialFails) {
  Study all = study();
  FormulaExecutor executor(2);
  executor.ends[1] = std::vector<ExecutionEnd>(4, {Cause::disk, "[trials/1] cannot write"});
  try {
    Coordinator(all, executor, {}, nobody_).run();
    FAIL() << "it went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::io);
    EXPECT_THAT(error.what(), HasSubstr("trial 1 cannot keep its state: [trials/1] cannot write"));
  }
  EXPECT_THAT(all.running(), Contains(1));
  FormulaExecutor other(2);
  EXPECT_TRUE(Coordinator(all, other, {}, nobody_).run());
  for (const Trial& trial : all.record().trials) EXPECT_EQ(trial.state, TrialState::complete);
}

TEST_F(CoordinatorTest, NotesOfOthersUnderItsNamesCountForNothing) {
  Study all = study();
  ASSERT_EQ(all.ask()->trial, 0);
  all.note(0, "retries", "many");
  all.note(0, "executions", {{"a", 1}});
  ASSERT_EQ(all.ask()->trial, 1);
  all.note(1, "retries", -3);
  all.note(1, "executions", {{1.0, 2.0}, {3.0}});
  FormulaExecutor executor(2);
  for (const int64_t number : {0, 1}) executor.ends[number] = {{Cause::killed, "killed"}};
  EXPECT_TRUE(Coordinator(all, executor, {.executions = 2}, nobody_).run());
  for (const Trial& trial : all.record().trials) {
    EXPECT_EQ(trial.state, TrialState::complete);
    EXPECT_EQ(trial.user_attributes.at("executions").size(), 2u);
  }
  EXPECT_EQ(all.record().trials[0].user_attributes.at("retries"), 1);
}

TEST_F(CoordinatorTest, FailuresAloneEndIt) {
  Study all = study();
  FormulaExecutor executor(1);
  for (int64_t number = 0; number < 12; ++number)
    executor.ends[number] = {{Cause::refused, "[job.yaml:3:1] no such file"}};
  try {
    Coordinator(all, executor, {}, nobody_).run();
    FAIL() << "it went on";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("first 3 trials failed"));
    EXPECT_THAT(error.what(), HasSubstr("[job.yaml:3:1] no such file"));
  }
  EXPECT_EQ(executor.starts.size(), 3u);
}

TEST_F(CoordinatorTest, DivergedTrialsAloneDoNot) {
  Study all = study();
  FormulaExecutor executor(1);
  for (int64_t number = 0; number < 5; ++number)
    executor.ends[number] = {{Cause::diverged, "loss is nan"}};
  EXPECT_TRUE(Coordinator(all, executor, {}, nobody_).run());
  EXPECT_EQ(executor.starts.size(), 12u);
}

TEST_F(CoordinatorTest, ExecutionsAreAveragedAndNotRepeated) {
  Study all = study();
  FormulaExecutor executor(1);
  executor.kill_after = 8;  // in the second execution of the first trial
  EXPECT_THROW(Coordinator(all, executor, {.executions = 2}, nobody_).run(), Killed);
  FormulaExecutor other(1);
  EXPECT_TRUE(Coordinator(all, other, {.executions = 2}, nobody_).run());
  EXPECT_EQ(other.starts.size(), 12u * 2 - 1);
  for (const Trial& trial : all.record().trials)
    EXPECT_DOUBLE_EQ(trial.values.at(0), trial.point.at("rate") + 0.25 + 0.005);
}

TEST_F(CoordinatorTest, ItStopsAndGoesOn) {
  Study all = study();
  FormulaExecutor executor(2);
  int looks = 0;
  Coordinator first(all, executor, {.stop_asked = [&] { return ++looks > 12; }}, nobody_);
  EXPECT_FALSE(first.run());
  EXPECT_EQ(all.running().size(), 2u);
  FormulaExecutor other(2);
  EXPECT_TRUE(Coordinator(all, other, {}, nobody_).run());
  EXPECT_EQ(all.record().trials.size(), 12u);
  for (const Trial& trial : all.record().trials) EXPECT_EQ(trial.state, TrialState::complete);
}

TEST_F(CoordinatorTest, BudgetsEndIt) {
  Study by_epochs = study("epochs");
  FormulaExecutor executor(1);
  EXPECT_TRUE(Coordinator(by_epochs, executor, {.epochs = 2 * kEpochs + 1}, nobody_).run());
  EXPECT_EQ(by_epochs.record().trials.size(), 3u);
  Study by_time = study("time");
  FormulaExecutor other(1);
  EXPECT_TRUE(
      Coordinator(by_time, other, {.time = std::chrono::milliseconds(1100)}, nobody_).run());
  EXPECT_EQ(by_time.record().trials.size(), 2u);  // five turns of 200 ms each
}

}  // namespace
}  // namespace tutti
