// The judge: who is in the world, which commits count, when a world is over and what follows.
//
// Pure: no socket, thread, clock, file or process. The launcher hands every event to handle(), with
// a reading of its monotonic clock, and carries out what comes back, in order. Same events and
// readings, same actions: what was handed in is a log that replays.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "distributed/membership/commit_ledger.h"
#include "distributed/membership/failure.h"
#include "distributed/membership/host_pool.h"
#include "distributed/membership/message.h"

namespace tutti::membership {

struct JudgeOptions {
  uint64_t job = 0;  // nonce: messages of other jobs are not heard
  int ranks = 1;     // wanted
  int min_ranks = 1, max_ranks = 1;
  bool in_place = false;  // MPI survives a lost rank: survivors shrink and go on
  // To `ranks`, at a commit, when hosts are well; otherwise what a world is left with is wanted.
  bool grow_back = true;
  int restarts = 100;  // failures that are recovered from, in all

  // A host that is cut off costs: 5 s of silence, until it is evicted; 9 s in all, until it is
  // certain that nothing there is alive; at most a tick; and the start of the next world, 2 to 4 s.
  // So others train again within 14 s, where 20 are promised, and an outage of 5 s is outlived.
  Duration heartbeat_timeout{5000};  // a rank or supervisor that is silent for so long is evicted
  Duration hang_timeout{60'000};     // a world without any progress for so long is stuck
  // One that was cut off before its supervisors reported costs the first of these, what a probe
  // takes to fail (the launcher gives it 9 s), and the next start: 16 s.
  Duration doubt_after{5000};      // hosts whose supervisors are silent for so long are probed
  Duration start_timeout{60'000};  // for supervisors to report, where probes find nothing wrong
  // From the last word of a supervisor to the certainty that it and its rank are gone: the members'
  // lease, a tick on either side, and what clocks differ by.
  Duration dead_after{9000};
  Duration patience{5000};      // for hosts that hold what a commit needs, before it is given up
  Duration wait{300'000};       // for min_ranks
  Duration finish_grace{5000};  // for ranks to end, once all is written
  Duration stop_grace{20'000};  // for ranks to write a checkpoint and end
  CoolDown cool_down = {};
};

enum class Outcome {
  done,              // every rank wrote the same final state
  stopped,           // asked to
  job_failed,        // a rank said that the job is wrong, or ranks disagree
  repeated_failure,  // the same failure at the same step
  out_of_restarts,
  too_few_ranks,
};

struct Verdict {
  Outcome outcome = Outcome::done;
  Exit exit;          // of the rank to blame, if one ended by itself
  std::string words;  // one line
};

class Judge {
 public:
  struct Tick {};
  struct HostsListed {  // the hosts file or the discovery says so: all of them
    std::vector<HostSpec> hosts;
  };
  struct Probed {  // the answer to Probe; `boot` names the host's boot
    std::string host;
    bool well = false;
    uint64_t boot = 0;
  };
  struct Gone {  // a supervisor, hence its rank, is known to have ended without a word
    MemberId member;
  };
  struct WorldEnded {  // what started the world (mpirun, srun) has ended by itself
    Generation started = 0;
    std::string words;
  };
  struct Resize {
    int ranks = 0;
  };
  struct Stop {  // a signal, or the time limit
    std::string words;
  };
  using Event = std::variant<Tick, Report, HostsListed, Probed, Gone, WorldEnded, Resize, Stop>;

  // Start supervisors, and by them ranks, as this world: rank r on seats[r].host.
  struct Start {
    std::shared_ptr<const World> world;
  };
  struct EndWorld {  // end what started this world: nobody in it is needed
    Generation started = 0;
  };
  struct Probe {  // find out whether a process can be started there
    std::string host;
  };
  struct Say {  // one line for people
    std::string line;
  };
  struct End {
    Verdict verdict;
  };
  using Action = std::variant<Order, Start, EndWorld, Probe, Say, End>;

  Judge(JudgeOptions options, std::vector<HostSpec> hosts, Duration reading);

  std::vector<Action> handle(Duration reading, const Event& event);

  enum class Phase {
    waiting,   // no world; for hosts
    running,   // a world is started, or trains
    clearing,  // the world is over; until all that must be gone are gone
    ending,    // the verdict is known; until all are gone
    ended,
  };
  Phase phase() const { return phase_; }
  Generation generation() const { return generation_; }
  const World* world() const { return world_.get(); }
  // What a recovery would begin from: the newest complete commit, none before the first one.
  const std::optional<Commit>& kept() const { return kept_; }

 private:
  struct Peer {  // the judge's view of a member of the world
    Seat seat;
    enum class Fate { live, condemned, gone } fate = Fate::live;
    uint64_t boot = 0, report = 0;  // 0: never heard
    Duration spoke{0};              // when it was last heard
    Duration heard{0};              // when it was last heard and not told to end: its lease
    Duration silent{0};             // its rank, as its supervisor says
    bool unseen = false;            // gone because its lease is over: MPI may not know
    bool joined = false;            // its rank has met others by MPI: it can shrink in place
    RankState rank = {};
  };

  void on(const Tick&);
  void on(const Report& report);
  void on(const HostsListed& listed) { hosts_.list(listed.hosts, time_.now()); }
  void on(const Probed& probed);
  void on(const Gone& gone);
  void on(const WorldEnded& ended);
  void on(const Resize& resize);
  void on(const Stop& stop);

  // judge.cpp: what is heard
  Peer* find(MemberId member);
  void take(Peer& peer, const RankState& rank);
  void end(Peer& peer, const Exit& exit);
  void answer(const Peer& peer);
  void answer_all();
  void order(MemberId member, uint64_t acknowledged, Directive directive);
  void keep(const Commit& commit);
  void say(std::string line) { actions_.push_back(Say{std::move(line)}); }
  std::string name(const Peer& peer) const;

  // judge_eviction.cpp: who is lost
  void watch();
  void watch_progress();
  void doubt_start();
  void take_doubt(const Probed& probed);
  bool heard_from(const std::string& host) const;
  void lose_host(const Peer& peer);
  void doubt_hosts();
  void condemn(Peer& peer);
  void condemn_all();
  void fail(Failure failure);
  void evict(Peer& peer, Cause cause, const std::string& what, const std::string& others = "");
  int count(Peer::Fate fate) const;

  // judge_recovery.cpp: what follows
  void review();
  void recover();
  void tell_consequences(const Failure& failure);
  bool shrink();
  void tell_wait(const std::string& words);
  void try_start();
  bool find_commit(World& world);
  void begin(World world, std::vector<Peer> peers);
  bool wants_other_size() const;
  void leave_world();
  void conclude(Verdict verdict, Directive directive, Duration grace);

  JudgeOptions options_;
  LocalTime time_;
  HostPool hosts_;
  Phase phase_ = Phase::waiting;
  Duration since_{0};                        // when the phase of waiting began
  bool wait_told_ = false;                   // that hosts are waited for
  Generation generation_ = 0, started_ = 0;  // started_: the world that mpirun was started for
  std::shared_ptr<const World> world_;
  std::vector<Peer> peers_;  // in order of ranks
  CommitLedger ledger_;
  std::optional<Commit> kept_;
  Duration progressed_{0};                              // when any rank's progress last changed
  std::map<std::string, std::optional<bool>> doubted_;  // hosts; whether they answered the probe
  std::optional<Failure> failure_;  // that broke the world; none where it is left for another size
  std::vector<int> followers_;      // ranks that ended as a consequence of it
  std::vector<Failure> past_;
  Verdict verdict_;
  Directive directive_ = Directive::train;
  Duration deadline_{0};
  uint64_t orders_ = 0;
  std::vector<Action> actions_;
};

}  // namespace tutti::membership
