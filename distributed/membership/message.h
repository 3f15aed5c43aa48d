// What the judge and the members say to each other. Each message is the whole of what its sender
// has to say, so that one that is lost, doubled or late does no harm: the one with the highest
// number counts.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "distributed/membership/commit.h"
#include "distributed/membership/local_time.h"

namespace tutti::membership {

// A member is a supervisor with its rank, from its start to its end, through all worlds that it is
// in. Its name never comes twice in a job: the world that it was started for, its rank there.
struct MemberId {
  Generation born = 0;
  int rank = 0;
  auto operator<=>(const MemberId&) const = default;
};

struct Seat {
  MemberId member;
  std::string host;
  bool operator==(const Seat&) const = default;
};

// A world and what it begins from: a commit, read where `read_at` says for each of its shares (it
// may name a host where no rank lives: somebody has to hand the share out there), or, without one,
// the newest whole checkpoint on disk (the job's beginning if there is none).
struct World {
  Generation generation = 0;
  std::vector<Seat> seats;  // in order of ranks
  std::optional<Commit> commit;
  std::vector<std::string> read_at;
};

// What a rank does at the moment, as its watchdog sees it.
struct Progress {
  int64_t step = 0;                 // steps done
  std::string where = "its start";  // "all_gather", "dense/matmul", "train.csv": what it is in
  uint64_t bytes = 0;               // moved so far: grows while a long transfer goes on
  bool waiting = false;             // for other ranks
  bool operator==(const Progress&) const = default;
};

// How far a rank is with the commit that it takes part in (CommitBuffers gives number and buffer).
struct CommitProgress {
  uint64_t number = 0;  // 0: none yet
  int64_t step = 0;
  int buffer = 0;
  bool written = false;  // the share is in the segment and its checksum was read back
  bool copied = false;   // the buddy has verified its copy
  bool failed = false;   // this rank gives the commit up
  bool operator==(const CommitProgress&) const = default;
};

// The decision about the newest commit of a generation that is decided.
struct Decision {
  uint64_t number = 0;  // 0: none yet
  bool complete = false;
  bool operator==(const Decision&) const = default;
};

// What a rank spent its time on since its start; nothing is decided by it.
struct Pace {
  std::array<double, 5> seconds = {};  // by kind of activity (core/base/activity.h)
  double waited = 0;                   // for other ranks, a part of communication
  int awaited = -1;                    // whom it waits for, where that is known
  uint64_t bytes = 0;                  // to and from others
  bool operator==(const Pace&) const = default;
};

struct RankState {
  Generation generation = 0;  // the world that the rank is in
  bool ready = false;         // it met the others and has read what the world begins from
  Progress progress;
  CommitProgress commit;
  std::string corrupt;                  // why what it holds cannot be trusted; empty: it can
  std::optional<uint64_t> final_state;  // digest of what was trained, once it is written
  Pace pace = {};
  bool operator==(const RankState&) const = default;
};

// How a rank ended.
struct Exit {
  bool by_signal = false;
  int code = 0;  // the signal or the exit code
  bool out_of_memory = false;
  bool operator==(const Exit&) const = default;
};

// Member to judge: every heartbeat, and at once when something else than `progress` changed.
struct Report {
  uint64_t job = 0;  // the job's nonce
  MemberId member;
  uint64_t number = 0;
  uint64_t boot = 0;  // of the member's host
  Duration silent{
      0};  // since the last word of the watchdog of a rank that runs; 0 before its first
  RankState rank;
  std::optional<Exit> exit;
};

enum class Directive {
  train,
  finish,  // every rank's final state is written: end with exit code 0
  stop,    // write a checkpoint and end
  kill,    // SIGKILL, and report the end
};

// Judge to member: the answer to each report, and at once when something changed.
struct Order {
  uint64_t job = 0;
  MemberId member;
  uint64_t number = 0;
  uint64_t acknowledged = 0;  // the newest report that reached the judge
  Directive directive = Directive::train;
  std::shared_ptr<const World> world;  // the world that the member belongs to; null with `kill`
  Decision decision;                   // in that world
};

}  // namespace tutti::membership
