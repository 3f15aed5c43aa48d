// The slots of other processes, on this host or on others: workers (sweep_worker.h) that come over
// the control channel, prove that they belong to the sweep and offer some. Who is lost takes none
// of the sweep with it: its trials are `lost`, and begun again elsewhere.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "launch/supervise/child_process.h"
#include "launch/sweep/sweep_folder.h"
#include "scheduler/executors/executor.h"

namespace tutti {

struct WorkerPoolOptions {
  std::string listen = "127.0.0.1";                    // numeric
  std::vector<std::string> addresses = {"127.0.0.1"};  // by which workers reach that
  // Processes that become workers, and are started again when they end; each is a word for people
  // and what starts it. Others may come by themselves.
  struct Start {
    std::string host;
    supervise::ChildOptions child;
  };
  std::vector<Start> starts = {};
  // Nobody comes for so long, and no trial runs: there is something wrong.
  Clock::Duration patience = std::chrono::minutes(10);
};

class WorkerPool final : public Executor {
 public:
  // `say` tells people who came and who went. Throws Error where it cannot listen.
  WorkerPool(const SweepFolder& folder, const StudyFile& study, WorkerPoolOptions options,
             std::function<void(const std::string&)> say);
  ~WorkerPool() override;  // workers take the sweep for lost; another process may go on with it

  int slots() const override;
  void set_slots(int slots) override;  // of all that are offered, at most so many
  void start(const Trial& trial, int64_t execution) override;
  void stop(int64_t trial) override;
  void give(int64_t trial, int slots) override;  // of the host that it runs on
  // Throws Error: what a worker says that no trial is the reason of; (world) nobody comes.
  void wait(Watcher& watcher, Clock::Duration at_most) override;

  // Tells all workers to end: the sweep is over, or goes on another time.
  void dismiss(bool stopped);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace tutti
