// `tutti supervise`: the process that mpirun or srun starts for a rank. It greets the judge, starts
// the rank once the judge has answered, hands on what it prints, tells it what the judge decides
// and the judge what it says, kills it on the judge's word or when the judge is lost, reports how
// it ended, and then ends itself.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "distributed/membership/member.h"
#include "launch/control/client.h"
#include "launch/supervise/child_process.h"

namespace tutti::supervise {

struct SupervisorOptions {
  control::ClientOptions judge;
  membership::MemberOptions member;
  ChildOptions child;                  // the rank; it finds the page by RankPage::variable
  std::filesystem::path commits = {};  // of the job on this host; kept while this lives
  // Called when the judge is known to have ended and nothing of the rank is left.
  std::function<void()> judge_ended = nullptr;
};

// The space in which this process's number means it.
uint64_t process_space();

// Runs until the rank has ended, and then ends this process: well where the judge had asked for
// that, by a signal where MPI has to see a failure (die_as). Where no judge ever answered it throws
// CommunicationError.
[[noreturn]] void supervise(std::shared_ptr<const control::Secret> secret,
                            const SupervisorOptions& options);

}  // namespace tutti::supervise
