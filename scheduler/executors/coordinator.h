// Between a study and an executor: gives free slots what the study asks for, hands on what trials
// report, and tells the study how they ended. It keeps nothing: whatever it was doing when it was
// killed, another one goes on from the journal.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/executors/executor.h"
#include "scheduler/study/study.h"

namespace tutti {

struct CoordinatorOptions {
  int64_t executions = 1;  // of each trial; their values are averaged. The first one is judged.
  // Once trials have reported so many epochs together, or this lasts so long, none is begun.
  std::optional<int64_t> epochs = {};
  std::optional<Clock::Duration> time = {};
  std::function<bool()> stop_asked = [] { return false; };
  // How many slots there are from now on, where that changed. With fewer, the newest trials save
  // their state and wait.
  std::function<std::optional<int>()> slots = [] { return std::optional<int>(); };
};

// Who is told what goes on, for people.
class SweepWatch {
 public:
  virtual ~SweepWatch() = default;
  virtual void began(const Trial& trial) { (void)trial; }
  virtual void reported(const Trial& trial) { (void)trial; }
  // It ended so, and is begun again.
  virtual void again(const Trial& trial, const ExecutionEnd& end) { (void)trial, (void)end; }
  // Complete, pruned, failed or suspended; sure to be on the disk.
  virtual void ended(const Trial& trial) { (void)trial; }
  virtual void waited() {}  // several times a second
};

class Coordinator final : private Executor::Watcher {
 public:
  Coordinator(Study& study, Executor& executor, CoordinatorOptions options, SweepWatch& watch);

  // Until nothing more is begun and nothing runs; false if it was asked to stop: what ran has saved
  // its state and is still running as far as the study knows. Throws Error: (job) nothing but
  // failures came of the first trials; (io) a trial cannot write, try as it may, and is still
  // running as far as the study knows; and what the study and the executor throw.
  bool run();
  // Why nothing more is begun, "" if something may be.
  std::string over() const;

 private:
  struct Active {
    int64_t execution = 0;
    std::optional<Clock::Duration> again_at = {};  // it waits to be started
    bool promoted = false;  // while it still saves its state: it goes on in its own slot
    int slots = 1;
    bool leaves = false;  // for want of a slot
  };

  Verdict report(int64_t trial, int64_t epoch, double value) override;
  void ended(int64_t trial, const ExecutionEnd& end) override;
  void together(const std::function<void()>& calls) override;

  std::string spent() const;  // which budget of this coordinator is, or ""
  const Trial& trial(int64_t number) const;
  bool waits_for_slots() const;
  int room() const;
  void choose();
  void fill();
  std::optional<int64_t> next();
  void begin_again();
  void change_slots();
  void share_out();
  void stop();
  int64_t executions_done(int64_t number) const;
  void start(int64_t number);
  void executed(int64_t number, const ExecutionEnd& end);
  void take_up_again(int64_t number, const ExecutionEnd& end);
  bool repeat(int64_t number, const ExecutionEnd& end);
  void fail_trial(int64_t number, const ExecutionEnd& end);
  void announce();
  bool hopeless() const;

  Study& study_;
  Executor& executor_;
  CoordinatorOptions options_;
  SweepWatch& watch_;
  Clock::Duration began_{}, asked_{};
  std::deque<int64_t> taken_up_;      // running trials that are to be started
  std::map<int64_t, Active> active_;  // each takes a slot
  std::vector<Trial> ended_;          // as they ended, and nobody was told yet
  Clock::Duration announced_{};
  bool hungry_ = true;  // something happened since the study was asked
  bool stopping_ = false;
  std::string disk_failure_;  // that all retries met: why it stops
};

}  // namespace tutti
