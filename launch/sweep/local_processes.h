// Trials as processes of this host: each in a process group of its own, killed when this process
// ends, however that ends.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "launch/sweep/study_file.h"
#include "launch/sweep/trial_process.h"
#include "scheduler/executors/executor.h"

namespace tutti {

struct LocalProcessesOptions {
  int slots = 1, threads = 1;               // of each slot
  std::chrono::milliseconds grace{30'000};  // from being asked to end until it is killed
};

// The last epoch that the study has of it; of one that goes on from another trial's state, all.
int64_t epochs_known(const Trial& trial);

class LocalProcesses final : public Executor {
 public:
  using MakeCommand = std::function<TrialCommand(const Trial& trial, int64_t execution)>;

  // wait() throws Error (job) at the place of an objective that a trial does not measure.
  LocalProcesses(LocalProcessesOptions options, std::vector<StudyObjective> objectives,
                 MakeCommand make_command);
  ~LocalProcesses() override;

  int slots() const override;
  void set_slots(int slots) override;
  void give(int64_t trial, int slots) override;
  void start(const Trial& trial, int64_t execution) override;
  // The same, of a trial that the caller knows by its command: `known` is the last epoch that the
  // study has of it.
  void begin(int64_t trial, TrialCommand command, int64_t known);
  void stop(int64_t trial) override;
  void wait(Watcher& watcher, Clock::Duration at_most) override;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace tutti
