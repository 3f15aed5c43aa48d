// Committing: copies the state of a training into the memory of its hosts now and then, and goes on
// from what the world begins from.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/base/clock.h"
#include "core/callbacks/callback.h"
#include "distributed/membership/commit_buffers.h"
#include "launch/rank/commit_store.h"
#include "launch/rank/supervised_rank.h"

namespace tutti {

struct CommittingOptions {
  // Seconds between two; 0: commit_interval() of what the one before took.
  double every_seconds = 0;
  bool off = false;
};

// The memory that a training commits to, and the commit that it goes on from: null where what it
// goes on from is on the disk.
struct Commits {
  CommitStore store;
  std::unique_ptr<const Checkpoint> newest;
};

// Of the rank's world; older ones go. Collective.
Commits find_commits(const SupervisedRank& rank, Communicator& communicator);

class Committing final : public Callback {
 public:
  // Takes the newest of `commits`, which must outlive it.
  Committing(CommittingOptions options, SupervisedRank& rank, Commits& commits,
             Communicator& communicator);
  bool on_every_rank() const override { return true; }
  void on_boundary(Boundary boundary, int64_t steps) override;
  std::optional<int64_t> next_boundary() const override { return next_look_; }
  void on_train_end() override;

 private:
  void begin();
  bool together(const std::function<void()>& step);
  void look(int64_t steps);
  void commit(int64_t steps);
  bool copied(const membership::CommitProgress& commit);
  void plan_next_look(int64_t steps);

  CommittingOptions options_;
  SupervisedRank& rank_;
  CommitStore& store_;
  Communicator& communicator_;
  std::unique_ptr<const Checkpoint> start_;
  std::vector<int> buddies_;
  membership::CommitBuffers buffers_;
  double interval_;  // seconds between two
  Clock::Duration began_{}, committed_{}, looked_{}, spent_{};
  int64_t commits_ = 0;
  int64_t looked_at_ = 0, stride_ = 1;  // in steps
  std::optional<int64_t> next_look_;
};

}  // namespace tutti
