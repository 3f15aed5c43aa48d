// Small trials in one process, each in a thread of it (fused_worker.h): 256 learning rates of a
// small model cost their training. What that process cannot do runs in processes of their own, with
// the same bits: jobs that are to leave files, trials that last, and what ran when it ended.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "launch/sweep/local_processes.h"
#include "launch/sweep/study_file.h"
#include "scheduler/executors/executor.h"

namespace tutti {

struct FusedTrialsOptions {
  bool judged = true;  // whether a trial waits for the verdict on each of its epochs
  // One that lasts longer has much to lose, as nothing of it is on the disk: all that run are begun
  // again in processes of their own, and those after them begin there.
  std::chrono::milliseconds longest{10'000};
  // Paused ones keep their state in memory. Of more, the state of the one that has waited longest
  // goes to the disk; those of all do where less than this share of the memory is left.
  size_t most_paused = 500;
  double least_memory = 0.1;
};

class FusedTrials final : public Executor {
 public:
  // `worker` serves trials; `alone` trains each by itself, in as many slots.
  FusedTrials(FusedTrialsOptions options, std::vector<StudyObjective> objectives,
              TrialCommand worker, std::unique_ptr<Executor> alone);
  ~FusedTrials() override;

  int slots() const override;
  void set_slots(int slots) override;
  void give(int64_t trial, int slots) override;  // to one by itself
  void start(const Trial& trial, int64_t execution) override;
  void stop(int64_t trial) override;
  void wait(Watcher& watcher, Clock::Duration at_most) override;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace tutti
