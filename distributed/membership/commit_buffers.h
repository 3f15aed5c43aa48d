// Which of a rank's two commit segments may be written.
#pragma once

#include <optional>

#include "distributed/membership/message.h"

namespace tutti::membership {

// Lives in the rank, one per world. The segments are the world's own (named by its generation);
// what the world began from stays in the segments of an older generation, which are removed when
// this world's first commit is complete.
//
// The rule: the segment of the newest complete commit is never written, and a commit begins only
// when the one before is decided. Ranks begin one together, at a step boundary at which all of them
// may (`free()`), so that number, step and segment are the same everywhere.
class CommitBuffers {
 public:
  bool free() const { return decided_.number >= number_; }
  // The state after `step` steps goes into the segment `buffer` of what is returned. free() holds.
  CommitProgress begin(int64_t step) {
    return CommitProgress{.number = ++number_, .step = step, .buffer = 1 - kept_};
  }
  // The judge's decision, told any number of times; that a commit is abandoned may reach a rank
  // before it has begun it. True once for each commit that is complete: everything older may go.
  bool decide(Decision decision) {
    if (decision.number <= decided_.number) return false;
    decided_ = decision;
    if (decision.complete) kept_ = 1 - kept_;
    return decision.complete;
  }

 private:
  uint64_t number_ = 0;
  Decision decided_;
  int kept_ = 1;
};

}  // namespace tutti::membership
