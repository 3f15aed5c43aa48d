// A trial trained in this thread, beside others in theirs, with the bits of `tutti train` and
// nothing left on the disk.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/callbacks/callback.h"
#include "launch/job_data.h"

namespace tutti {

// The rows of trials, read once for all that have the same. Any thread.
class SharedData {
 public:
  std::shared_ptr<const JobData> of(const Job& job);

 private:
  struct Entry {
    std::mutex mutex;
    std::shared_ptr<const JobData> data;
  };
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Entry>> entries_;  // by what the rows depend on
};

// Trains it, and gives the digest of its parameters as a run's result has it. Null, and nothing was
// trained, for what needs a run of its own: a job that says what is to be kept (checkpoint, commit,
// report, trace, a ledger, callbacks that write) or what it runs on (device, isa), and one whose
// rows are streamed. `reporter` is called as the last callback. Throws what a training throws, and
// what the reporter does.
std::optional<std::string> train_in_thread(const Job& job, int threads, SharedData& shared,
                                           std::shared_ptr<Callback> reporter);

}  // namespace tutti
