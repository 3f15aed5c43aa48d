// Hosts and processes of the simulation: what the judge cannot see.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "distributed/membership/commit_buffers.h"
#include "distributed/membership/member.h"

namespace tutti::membership {

// What lies in a commit segment. A share that is being written is not whole.
struct StoredShare {
  Generation generation;
  int buffer, rank;
  bool copy;
  uint64_t number;
  int64_t step;
  bool whole;
};

struct SimulatedHost {
  std::string name;
  uint64_t boot = 1;
  int64_t down_until = 0, frozen_until = 0;
  int64_t cut_until = 0, deaf_until = 0, mute_until = 0;  // deaf: what the judge says is lost
  int64_t clock_offset = 0, clock_drift = 0;              // drift: parts in 10,000
  std::vector<StoredShare> memory = {};

  Duration clock(int64_t now) const {
    return Duration{clock_offset + now + now * clock_drift / 10'000};
  }
  bool up(int64_t now) const { return now >= down_until; }
  bool cut(int64_t now) const { return now < cut_until || !up(now); }

  StoredShare* find(Generation generation, int buffer, int rank, bool copy) {
    for (StoredShare& share : memory)
      if (share.generation == generation && share.buffer == buffer && share.rank == rank &&
          share.copy == copy)
        return &share;
    return nullptr;
  }
  void store(const StoredShare& share) {
    StoredShare* old = find(share.generation, share.buffer, share.rank, share.copy);
    if (old)
      *old = share;
    else
      memory.push_back(share);
  }
  bool holds(const Commit& commit, int rank, bool copy) {
    const StoredShare* share = find(commit.generation, commit.buffer, rank, copy);
    return share && share->whole && share->number == commit.number && share->step == commit.step;
  }
};

// A supervisor and its rank.
struct SimulatedProcess {
  MemberId id;
  int host = 0;
  bool supervisor_alive = true, rank_alive = false;
  int64_t supervisor_frozen_until = 0, rank_frozen_until = 0, blocked_until = 0;
  std::optional<Exit> end;  // of the rank, not yet seen by its supervisor
  Member member;

  // The rank.
  RankState state;
  std::shared_ptr<const World> world;  // that it is in; what it is told to enter is `told_world`
  std::shared_ptr<const World> told_world;
  Member::Tell told;
  bool loaded = false, stuck = false;
  int64_t start_step = 0;
  CommitBuffers buffers;
  LocalTime time;
  std::optional<Lease> lease;  // what is left of its supervisor's, by its own watchdog

  SimulatedProcess(MemberOptions options, int host, Duration reading)
      : id(options.id), host(host), member(options, reading), time(reading) {}

  int rank() const {  // in its world; -1 if it is not in it
    for (size_t i = 0; i < world->seats.size(); ++i)
      if (world->seats[i].member == id) return static_cast<int>(i);
    return -1;
  }
};

}  // namespace tutti::membership
