// An executor whose trials are formulas of their points: each epoch takes a time that trial and
// epoch alone decide, so that reports of several slots come mixed, and the same each time. Some
// trials diverge, some are killed once.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "scheduler/executors/executor.h"
#include "tests/scheduler/study/simulated_study.h"

namespace tutti::test {

struct Killed {};  // the coordinator, by a test

class VirtualExecutor final : public Executor {
 public:
  static constexpr int64_t kEpochs = 9;

  explicit VirtualExecutor(int slots, std::optional<uint64_t> kill_after = {})
      : slots_(slots), kill_after_(kill_after) {}

  int slots() const override { return slots_; }
  void set_slots(int slots) override { slots_ = slots; }
  void start(const Trial& trial, int64_t) override {
    EXPECT_FALSE(running_.contains(trial.number)) << "twice at once";
    const int64_t known = trial.last_step().value_or(0);
    running_[trial.number] = {trial, std::max<int64_t>(0, known - trial.number % 2)};
    schedule(trial.number);
  }
  void stop(int64_t trial) override { running_.at(trial).asked = true; }
  // Longer than what the coordinator waits for between questions and before repetitions.
  void wait(Watcher& watcher, Clock::Duration) override {
    Clock::current().sleep_for(std::chrono::seconds(2));
    if (kill_after_ && (*kill_after_)-- == 0) throw Killed();
    if (due_.empty()) return;
    const auto [time, number] = *due_.begin();
    due_.erase(due_.begin());
    now_ = time;
    Running& one = running_.at(number);
    if (const auto end = end_of(one)) {
      running_.erase(number);
      return watcher.ended(number, *end);
    }
    ++one.epoch;
    const double value = simulated_value(one.trial, one.epoch);
    one.asked = watcher.report(number, one.epoch, value) != Verdict::go_on;
    schedule(number);
  }

 private:
  struct Running {
    Trial trial;
    int64_t epoch = 0;
    bool asked = false;
  };

  static std::optional<ExecutionEnd> end_of(const Running& one) {
    using Cause = ExecutionEnd::Cause;
    const int64_t number = one.trial.number;
    if (one.asked) return ExecutionEnd{Cause::stopped, "asked to"};
    if (number % 7 == 3 && one.epoch == 3) return ExecutionEnd{Cause::diverged, "loss is nan"};
    if (number % 5 == 2 && one.epoch == 2 && !one.trial.user_attributes.contains("retries"))
      return ExecutionEnd{Cause::killed, "killed"};
    if (one.epoch < kEpochs) return {};
    return ExecutionEnd{Cause::complete, "", {simulated_value(one.trial, kEpochs)}};
  }
  void schedule(int64_t number) {
    const auto epoch = static_cast<uint64_t>(running_.at(number).epoch);
    const double seconds = 0.5 + Random(3, static_cast<uint64_t>(number) << 8 | epoch).uniform();
    due_.emplace(now_ + seconds, number);
  }

  int slots_;
  std::optional<uint64_t> kill_after_;  // turns
  double now_ = 0;
  std::map<int64_t, Running> running_;
  std::set<std::pair<double, int64_t>> due_;
};

}  // namespace tutti::test
