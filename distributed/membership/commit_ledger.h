// The judge's book of the commit that is under way in the current world.
#pragma once

#include <optional>
#include <vector>

#include "distributed/membership/message.h"

namespace tutti::membership {

// A commit is complete when every rank of the world has written its share and had it copied, for
// the same number, step and segment. It is abandoned when a rank gives it up or ranks differ about
// it. Numbers and steps of complete commits only grow: at most one per step of a generation.
class CommitLedger {
 public:
  CommitLedger() = default;
  CommitLedger(Generation generation, std::vector<std::string> hosts);

  // `boot` is that of the rank's host. Gives the commit when this completes it.
  std::optional<Commit> note(int rank, uint64_t boot, const CommitProgress& progress);
  Decision decision() const { return decision_; }

 private:
  Commit assemble(const CommitProgress& agreed) const;

  Generation generation_ = 0;
  std::vector<std::string> hosts_;
  std::vector<CommitProgress> ranks_;  // what each said last of the undecided commit
  std::vector<uint64_t> boots_;
  Decision decision_;
  int64_t step_ = -1;  // of the newest complete commit
};

}  // namespace tutti::membership
