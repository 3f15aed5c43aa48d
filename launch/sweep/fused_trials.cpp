#include "launch/sweep/fused_trials.h"

#include <cmath>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/device/cpu/control_group.h"
#include "launch/sweep/fused_worker.h"
#include "launch/sweep/objective_values.h"
#include "launch/sweep/trial_reports.h"

namespace tutti {
namespace {

namespace asio = boost::asio;
using Cause = ExecutionEnd::Cause;
using Kind = TrialRequest::Kind;

constexpr int kMostWorkers = 2;                      // that end by themselves
constexpr std::chrono::milliseconds kTurn{10};       // between two looks at each kind of process
constexpr std::chrono::milliseconds kMemory{100};    // between two looks at how much is left
constexpr std::chrono::milliseconds kGrace{30'000};  // from being asked to end until it is killed

// A trial in the worker.
struct Inside {
  Trial trial;
  int64_t execution = 0;
  Clock::Duration began{};
  std::map<std::string, std::vector<double>> history = {};  // of each metric, by epoch
  bool paused = false, suspended = false;
};

}  // namespace

class FusedTrials::State final : private Executor::Watcher {
 public:
  State(FusedTrialsOptions options, std::vector<StudyObjective> objectives, TrialCommand worker,
        std::unique_ptr<Executor> alone)
      : options_(options),
        objectives_(std::move(objectives)),
        command_(std::move(worker)),
        alone_(std::move(alone)) {}

  int slots() const { return alone_->slots(); }
  void set_slots(int slots) { alone_->set_slots(slots); }
  void give(int64_t trial, int slots) {
    if (outside_.contains(trial)) alone_->give(trial, slots);
  }

  void start(const Trial& trial, int64_t execution) {
    const int64_t number = trial.number;
    if (const auto there = inside_.find(number); there != inside_.end()) {
      std::erase(paused_, number);
      there->second.paused = false;
      there->second.began = Clock::current().now();
      if (!std::exchange(there->second.suspended, false)) return ask({Kind::go_on, number});
      return ask({Kind::begin, number, execution, trial.point, options_.judged});
    }
    if (!fuses_) return start_alone(trial, execution);
    if (!worker_)
      worker_ = std::make_unique<TrialProcess>(
          context_, command_, [this](const std::string& text) { heard_.push_back(text); },
          [this] { worker_ended_ = true; });
    inside_[number] = {trial, execution, Clock::current().now()};
    ask({Kind::begin, number, execution, trial.point, options_.judged});
  }

  void stop(int64_t number) {
    if (!inside_.contains(number)) return alone_->stop(number);
    ask({Kind::end, number});
    worker_->kill_after(kGrace);
  }

  void wait(Executor::Watcher& watcher, Clock::Duration at_most) {
    watcher_ = &watcher;
    if (!outside_.empty() || !worker_) alone_->wait(*this, worker_ ? kTurn : at_most);
    if (worker_) {
      context_.restart();
      context_.run_one_for(outside_.empty() ? at_most : Clock::Duration(kTurn));
      context_.poll();
      watcher.together([&] {
        for (const auto& line : std::exchange(heard_, {})) hear(line);
        for (const auto& [number, end] : std::exchange(ended_, {})) watcher.ended(number, end);
      });
      end_worker_of_long_trials();
      if (std::exchange(worker_ended_, false)) lose_worker();
    }
  }

 private:
  // Of trials by themselves.
  Verdict report(int64_t trial, int64_t epoch, double value) override {
    return watcher_->report(trial, epoch, value);
  }
  void ended(int64_t trial, const ExecutionEnd& end) override {
    outside_.erase(trial);
    watcher_->ended(trial, end);
  }

  void ask(const TrialRequest& request) { worker_->say(text_of(request)); }

  void start_alone(const Trial& trial, int64_t execution) {
    outside_.insert(trial.number);
    alone_->start(trial, execution);
  }

  void hear(const std::string& text) {
    const TrialLine line = parse_trial_line(text);
    if (line.end && leaving_.erase(line.trial) > 0) return;
    const auto found = inside_.find(line.trial);
    if (found == inside_.end()) return;
    if (line.end)
      end(found, *line.end);
    else if (line.epoch)
      judge(found->second, line);
    else
      require_measured(objectives_, line.metrics);
  }

  void judge(Inside& inside, const TrialLine& line) {
    const int64_t number = inside.trial.number;
    for (const auto& [name, value] : line.logs) {
      auto& values = inside.history[name];
      values.resize(static_cast<size_t>(*line.epoch), std::nan(""));
      values.back() = value;
    }
    const auto value = line.logs.find(objectives_[0].metric);  // not every epoch is validated
    const Verdict verdict = value == line.logs.end()
                                ? Verdict::go_on
                                : watcher_->report(number, *line.epoch, value->second);
    if (verdict == Verdict::stop)
      ask({Kind::end, number});
    else if (verdict == Verdict::pause)
      pause(inside);
    else if (options_.judged)
      ask({Kind::go_on, number});
  }

  // It waits for its answer, and holds its state.
  void pause(Inside& inside) {
    inside.paused = true;
    paused_.push_back(inside.trial.number);
    ended_.emplace_back(inside.trial.number, ExecutionEnd{Cause::stopped});
    const size_t most = memory_is_short() ? 0 : options_.most_paused;
    for (; paused_.size() > most; paused_.pop_front()) {
      ask({Kind::suspend, paused_.front()});
      leaving_.insert(paused_.front());
      inside_.at(paused_.front()).suspended = true;
    }
  }

  bool memory_is_short() {
    const auto now = Clock::current().now();
    if (now - looked_ < kMemory) return false;
    looked_ = now;
    return memory_left().value_or(1) < options_.least_memory;
  }

  void end(std::map<int64_t, Inside>::iterator found, const TrialLine::End& said) {
    const Inside inside = std::move(found->second);
    inside_.erase(found);
    if (said.code == kNeedsItsOwn) {
      fuses_ = false;
      return start_alone(inside.trial, inside.execution);
    }
    ExecutionEnd end{cause_of(static_cast<ExitCode>(said.code)), said.words};
    if (end.cause == Cause::complete) {
      end.values = values_of(objectives_, inside.history);
      end.parameters = said.parameters;
    }
    ended_.emplace_back(inside.trial.number, end);
  }

  void end_worker_of_long_trials() {
    const auto now = Clock::current().now();
    for (const auto& [number, inside] : inside_)
      if (fuses_ && !inside.paused && now - inside.began > options_.longest) {
        fuses_ = false;
        worker_->kill();
      }
    if (!fuses_ && inside_.empty()) worker_->kill();
  }

  // What ran in it goes on in processes of their own; what was paused does when it is started.
  void lose_worker() {
    if (fuses_) {
      log_warn(
          "[sweep] the process of small trials ended ({}): each that ran begins again by itself",
          worker_->words());
      fuses_ = ++lost_ < kMostWorkers;
    }
    worker_.reset();
    paused_.clear();
    leaving_.clear();
    for (const auto& [number, inside] : std::exchange(inside_, {}))
      if (!inside.paused) start_alone(inside.trial, inside.execution);
  }

  FusedTrialsOptions options_;
  std::vector<StudyObjective> objectives_;
  TrialCommand command_;
  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  std::unique_ptr<Executor> alone_;
  std::unique_ptr<TrialProcess> worker_;  // null while nothing is in it
  Executor::Watcher* watcher_ = nullptr;
  std::map<int64_t, Inside> inside_;
  std::deque<int64_t> paused_;  // with their state in memory, the first one longest
  std::set<int64_t> leaving_;   // told to save their state, and have not said yet that they ended
  Clock::Duration looked_{};    // at the memory
  std::set<int64_t> outside_;
  std::vector<std::pair<int64_t, ExecutionEnd>> ended_;
  std::vector<std::string> heard_;
  bool fuses_ = true, worker_ended_ = false;
  int lost_ = 0;
};

FusedTrials::FusedTrials(FusedTrialsOptions options, std::vector<StudyObjective> objectives,
                         TrialCommand worker, std::unique_ptr<Executor> alone)
    : state_(std::make_unique<State>(options, std::move(objectives), std::move(worker),
                                     std::move(alone))) {}
FusedTrials::~FusedTrials() = default;
int FusedTrials::slots() const { return state_->slots(); }
void FusedTrials::set_slots(int slots) { state_->set_slots(slots); }
void FusedTrials::give(int64_t trial, int slots) { state_->give(trial, slots); }
void FusedTrials::start(const Trial& trial, int64_t execution) { state_->start(trial, execution); }
void FusedTrials::stop(int64_t trial) { state_->stop(trial); }
void FusedTrials::wait(Watcher& watcher, Clock::Duration at_most) {
  state_->wait(watcher, at_most);
}

}  // namespace tutti
