// Where trials run: local processes, an allocation, a test's formulas. An executor starts, stops
// and listens; what it hears it gives to the watcher, who decides.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "scheduler/pruners/pruner.h"
#include "scheduler/study/trial.h"

namespace tutti {

// How one execution of a trial ended.
struct ExecutionEnd {
  enum class Cause {
    complete,
    stopped,        // asked to, and its state is saved
    diverged,       // not finite where that ends a training
    refused,        // what it was to do is wrong: the same again
    out_of_memory,  // of the host
    killed,         // from outside
    crashed,
    disk,
    lost,  // with the process or the host that ran it: no fault of the trial
  };
  Cause cause = Cause::complete;
  std::string words = {};           // for people, where it is not complete
  std::vector<double> values = {};  // of each objective, where it is
  std::string parameters = {};      // the digest of what it trained, where that is known
};
const char* name_of(ExecutionEnd::Cause cause);  // "out of memory"

class Executor {
 public:
  class Watcher {
   public:
    virtual ~Watcher() = default;
    // The first objective after an epoch, from 1. The trial waits for the verdict; what is not to
    // go on saves its state and ends, `stopped`.
    virtual Verdict report(int64_t trial, int64_t epoch, double value) = 0;
    virtual void ended(int64_t trial, const ExecutionEnd& end) = 0;
    // Around many of these calls: what they write is written together.
    virtual void together(const std::function<void()>& calls) { calls(); }
  };

  virtual ~Executor() = default;  // what still runs is killed
  // How many trials may run at once; 0 while it waits for somebody who has some.
  virtual int slots() const = 0;
  virtual void set_slots(int slots) = 0;  // from now on; what runs is not stopped
  // Begins an execution (from 0) of a trial, or goes on with it from its newest saved state: values
  // reported before may be reported again. Throws if it cannot be started.
  virtual void start(const Trial& trial, int64_t execution) = 0;
  // Asks a running trial to save its state and end; one that does not is killed after a grace.
  virtual void stop(int64_t trial) = 0;
  // A running trial has so many slots: those that nothing else takes. With the same results.
  virtual void give(int64_t trial, int slots) { (void)trial, (void)slots; }
  // Gives the watcher what happened, and waits for it if nothing has, at most so long. Within
  // ended(), though not within report(), trials may be started.
  virtual void wait(Watcher& watcher, Clock::Duration at_most) = 0;
};

}  // namespace tutti
