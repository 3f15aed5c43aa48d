#include "launch/rank/committing.h"

#include <algorithm>
#include <functional>

#include "core/base/error.h"
#include "core/base/fault_point.h"
#include "core/base/log.h"
#include "core/model/said_by_all.h"
#include "distributed/commit/plan.h"

namespace tutti {
namespace {

constexpr double kLookSeconds = 0.25;  // at most, between two looks at whether it is time

struct Look {
  int64_t free, due, next;
};

}  // namespace

Commits find_commits(const SupervisedRank& rank, Communicator& communicator) {
  const auto world = rank.world();
  Commits commits{CommitStore(rank.job(), rank.host()), nullptr};
  if (world->commit) commits.newest = commits.store.read(*world, communicator);
  commits.store.forget(world->generation, world->commit ? &*world->commit : nullptr);
  return commits;
}

Committing::Committing(CommittingOptions options, SupervisedRank& rank, Commits& commits,
                       Communicator& communicator)
    : options_(options),
      rank_(rank),
      store_(commits.store),
      communicator_(communicator),
      start_(std::move(commits.newest)),
      interval_(options.every_seconds > 0 ? options.every_seconds : commit_interval(0)) {
  std::vector<std::string> hosts;
  for (const auto& seat : rank.world()->seats) hosts.push_back(seat.host);
  buddies_ = membership::buddies(hosts);
}

void Committing::on_boundary(Boundary boundary, int64_t steps) {
  if (boundary == Boundary::begin) {
    begin();
    looked_at_ = steps;
    looked_ = committed_ = began_ = Clock::current().now();
    if (!options_.off) next_look_ = steps + stride_;
  } else if (next_look_ && steps >= *next_look_) {
    look(steps);
  }
}

void Committing::begin() {
  if (start_) {
    training().restore(*start_);
    if (current_world().rank() == 0)
      training().print(fmt::format("going on from step {}, the newest commit", start_->step()));
    start_.reset();
  }
  if (!options_.off) {
    const TrainingState state = training().state();
    options_.off = !together([&] {
      store_.reserve(rank_.world()->generation, state, communicator_.rank(), communicator_.size());
    });
  }
  fault_point("world/restored");
  rank_.set_ready();
}

// Ranks look together and decide alike: a commit begins where all may begin one.
void Committing::look(int64_t steps) {
  if (buffers_.decide(rank_.decision())) {
    fault_point("commit/complete");
    store_.forget(rank_.world()->generation);
  }
  plan_next_look(steps);
  const double passed = seconds_of(Clock::current().now() - committed_);
  const auto all = said_by_all(current_world(),
                               Look{buffers_.free(), passed >= interval_, next_look_.value_or(0)});
  next_look_ = all[0].next;
  if (all[0].due != 0 && std::ranges::all_of(all, [](const Look& look) { return look.free != 0; }))
    commit(steps);
}

void Committing::plan_next_look(int64_t steps) {
  const auto now = Clock::current().now();
  const double rate =
      static_cast<double>(steps - looked_at_) / std::max(seconds_of(now - looked_), 1e-6);
  const double pause = std::min(kLookSeconds, interval_ / 4);
  stride_ = std::clamp(static_cast<int64_t>(rate * pause), int64_t{1}, 2 * stride_);
  looked_at_ = steps;
  looked_ = now;
  next_look_ = steps + stride_;
}

void Committing::commit(int64_t steps) {
  const auto begin = Clock::current().now();
  membership::CommitProgress progress = buffers_.begin(steps);
  rank_.set_commit(progress);
  fault_point("commit/begun");
  progress.written = progress.copied = copied(progress);
  progress.failed = !progress.written;
  rank_.set_commit(progress);
  if (progress.failed) {
    options_.off = true;
    next_look_.reset();
  }
  committed_ = Clock::current().now();
  spent_ += committed_ - begin;
  ++commits_;
  if (options_.every_seconds == 0) interval_ = commit_interval(seconds_of(committed_ - begin));
}

// Whether all ranks could. Where there is no room for one of them training goes on without commits.
bool Committing::together(const std::function<void()>& step) {
  bool done = true;
  try {
    step();
  } catch (const CommunicationError&) {
    throw;
  } catch (const std::exception& error) {
    log_warn(
        "{}; training goes on without commits, and a failure costs the time since the last "
        "checkpoint",
        error.what());
    done = false;
  }
  return communicator_.agree(done);
}

bool Committing::copied(const membership::CommitProgress& progress) {
  const membership::Generation generation = rank_.world()->generation;
  const TrainingState state = training().state();
  return together([&] {
           store_.write(generation, progress, state, communicator_.rank(), communicator_.size());
         }) &&
         together([&] { store_.copy(generation, progress, communicator_, buddies_); });
}

void Committing::on_train_end() {
  if (commits_ == 0 || communicator_.rank() != 0) return;
  const double whole = seconds_of(Clock::current().now() - began_);
  log_info("{} commits took {:.2f} % of {:.1f} s", commits_, 100 * seconds_of(spent_) / whole,
           whole);
}

}  // namespace tutti
