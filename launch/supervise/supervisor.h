// `tutti supervise`: the process that mpirun or srun starts for a rank. It greets the judge, starts
// the rank once the judge has answered, hands on what it prints, kills it on the judge's word or
// when the judge is lost, reports how it ended, and then ends as it did.
#pragma once

#include <memory>

#include "launch/control/client.h"
#include "launch/supervise/child_process.h"

namespace tutti::supervise {

struct SupervisorOptions {
  control::ClientOptions judge;
  ChildOptions child;
  control::Hello hello;
};

// Runs until the rank has ended, and then ends this process (die_as). Where no judge ever answered,
// or the rank cannot be started, it throws CommunicationError or Error (missing).
[[noreturn]] void supervise(std::shared_ptr<const control::Secret> secret,
                            const SupervisorOptions& options);

}  // namespace tutti::supervise
