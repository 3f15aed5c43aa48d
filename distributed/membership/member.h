// A member of the world: what a supervisor, the parent of one rank, does about the judge.
//
// Pure: no socket, thread, clock, file or process. The supervisor hands every event to handle(),
// with a reading of its host's monotonic clock, and carries out what comes back, in order. It gives
// the rank lease_left() whenever it talks to it: the rank's watchdog ends the rank when that is
// over (its supervisor may be stopped), and the kernel ends it when the supervisor dies.
#pragma once

#include <deque>
#include <variant>
#include <vector>

#include "distributed/membership/message.h"

namespace tutti::membership {

struct MemberOptions {
  uint64_t job = 0;
  MemberId id;
  uint64_t boot = 0;
  Duration heartbeat{1000};
  // Without the judge's word for this long, counted from when the newest report was sent that the
  // judge acknowledged, the member ends: the judge may then count on it (JudgeOptions::dead_after).
  Duration lease{7000};
  // A rank that SIGKILL does not end for so long is blocked in the kernel. It will never run again,
  // and counts as ended.
  Duration unkillable{2000};
};

class Member {
 public:
  struct Tick {};
  struct Reached {};  // the judge can be spoken to, again: what it was told meanwhile may be lost
  struct RankEnded {
    Exit exit;
    RankState last;  // as the rank left it in the page that it shares with its supervisor
  };
  // RankState: the rank's watchdog has spoken.
  using Event = std::variant<Tick, Reached, Order, RankState, RankEnded>;

  struct Enter {  // be in this world
    std::shared_ptr<const World> world;
    bool start = false;  // start the rank; else have it leave for this world in place
  };
  struct Tell {  // the rank, what the judge decided
    Directive directive = Directive::train;
    Decision decision;
  };
  struct KillRank {};
  // The supervisor ends; by a signal where MPI has to see a failure.
  struct Leave {
    bool by_signal = false;
  };
  using Action = std::variant<Report, Enter, Tell, KillRank, Leave>;

  Member(MemberOptions options, Duration reading);

  std::vector<Action> handle(Duration reading, const Event& event);
  Duration lease_left() const { return lease_.left(time_.elapsed()); }

 private:
  void on(const Tick&) {}
  void on(const Reached&) { send(); }
  void on(const Order& order);
  void on(const RankState& state);
  void on(const RankEnded& ended);
  void obey(const Order& order);
  void send();
  void end_rank();

  MemberOptions options_;
  LocalTime time_;
  Lease lease_;
  struct Sent {
    uint64_t number;
    Duration at;
  };
  std::deque<Sent> sent_;  // reports that are not acknowledged yet
  uint64_t reports_ = 0, order_ = 0;
  Duration sent_at_{0}, rank_heard_{0};
  bool rank_runs_ = false, rank_spoke_ = false;
  RankState rank_;
  std::optional<Exit> exit_;
  Directive directive_ = Directive::train;
  Decision decision_;
  bool condemned_ = false, left_ = false;
  std::optional<Duration> killed_;  // when the rank was first
  std::vector<Action> actions_;
};

}  // namespace tutti::membership
