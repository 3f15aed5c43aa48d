// A trial trained in this thread, beside others in theirs, with the bits of `tutti train` and
// nothing left on the disk.
#pragma once

#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/callbacks/callback.h"
#include "launch/job_data.h"

namespace tutti {

struct TrialKit;  // a model with its rows, and the state that a training of it begins from

// What trials of one process have in common. Any thread.
class SharedTraining {
 public:
  SharedTraining();
  ~SharedTraining();

  // The rows of a job, read once for all that have the same.
  std::shared_ptr<const JobData> data_of(const Job& job);
  // One that a trial is done with, which another goes on with that differs in its learning rate
  // alone: it need not be built and compiled again. Null if there is none.
  std::unique_ptr<TrialKit> take(const std::string& key);
  void give(const std::string& key, std::unique_ptr<TrialKit> kit);

 private:
  struct Rows {
    std::mutex mutex;
    std::shared_ptr<const JobData> data;
  };
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Rows>> rows_;  // by what they depend on
  std::deque<std::pair<std::string, std::unique_ptr<TrialKit>>> kits_;
};

// Of a trial that may have to leave the memory.
struct Suspension {
  std::filesystem::path folder;  // what it begins from, if there is a state there
  std::function<bool()> asked;   // after an epoch: whether it is to save its state there and end
};

// Trains it, and gives the digest of its parameters as a run's result has it. Null, and nothing was
// trained, for what needs a run of its own: a job that says what is to be kept (checkpoint, commit,
// report, trace, a ledger, callbacks that write) or what it runs on (device, isa), and one whose
// rows are streamed. `reporter` is called as the last callback. Throws what a training throws, what
// the reporter does, and Error (stopped) when it is suspended.
std::optional<std::string> train_in_thread(const Job& job, int threads, SharedTraining& shared,
                                           const Suspension& suspension,
                                           std::shared_ptr<Callback> reporter);

}  // namespace tutti
