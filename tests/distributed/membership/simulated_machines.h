// Hosts, network, supervisors and ranks of the simulation, in one queue of events. Training is only
// this: ranks of one world that all run and can reach each other do a step together.
#pragma once

#include <array>
#include <queue>
#include <set>
#include <utility>

#include "tests/distributed/membership/scenario.h"
#include "tests/distributed/membership/simulated_host.h"

namespace tutti::membership {

enum class Happening {
  tick_judge,
  tick_process,
  to_judge,
  to_process,
  spawn,
  load,
  step,
  written,
  copied,
  end_rank,
  kill_rank,
  leave_rank,
  abort_world,
  probe,
  gone,
  world_ended,
  end_world,
  fault,
};

class SimulatedMachines {
 public:
  explicit SimulatedMachines(const Scenario& scenario)
      : scenario_(scenario), random_(scenario.seed, 2) {
    for (int i = 0; i < scenario.hosts; ++i) {
      hosts_.push_back({.name = "h" + std::to_string(i)});
      hosts_.back().clock_offset = random_time(0, 3'600'000);
      hosts_.back().clock_drift = random_time(-10, 10);
    }
  }
  virtual ~SimulatedMachines() = default;

 protected:
  struct Item {
    int64_t at;
    uint64_t order;
    Happening what;
    int who;         // process, host, message or fault
    int64_t detail;  // a world's generation, or a message
    bool operator>(const Item& other) const {
      return std::pair(at, order) > std::pair(other.at, other.order);
    }
  };

  void push(int64_t at, Happening what, int who, int64_t detail = 0) {
    queue_.push({at, ++pushed_, what, who, detail});
  }
  int64_t random_time(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(random_.below(static_cast<uint64_t>(high - low + 1)));
  }
  bool chance(uint64_t one_in) { return random_.below(one_in) == 0; }
  void violate(const std::string& what) {
    if (violation_.empty()) violation_ = fmt::format("at {} ms: {}", now_, what);
  }
  SimulatedHost& host_of(const SimulatedProcess& process) { return hosts_[process.host]; }
  SimulatedHost& host_named(const std::string& name) { return hosts_[std::stoi(name.substr(1))]; }
  int index(const SimulatedProcess& process) const {
    for (size_t i = 0; i < processes_.size(); ++i)
      if (&processes_[i] == &process) return static_cast<int>(i);
    return -1;
  }
  int64_t thaw(const SimulatedProcess& process, bool rank) {
    return std::max(host_of(process).frozen_until,
                    rank ? process.rank_frozen_until : process.supervisor_frozen_until);
  }
  bool supervisor_runs(const SimulatedProcess& p) {
    return p.supervisor_alive && now_ >= thaw(p, false);
  }
  bool rank_runs(const SimulatedProcess& p) { return p.rank_alive && now_ >= thaw(p, true); }

  // Network. What is sent into a cut is lost, or comes when it is healed.
  void send(Happening what, int who, int64_t message, int64_t cut_until) {
    const bool bad = now_ < lossy_until_;
    const int copies = bad && random_.below(10) < 3 ? 0 : chance(20) ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
      int64_t at = now_ + random_time(1, scenario_.slowest_message);
      if (chance(bad ? 5 : 200)) at += random_time(0, bad ? 8000 : 3000);
      if (now_ < cut_until) {
        if (chance(2)) continue;
        const int64_t late = random_time(1, 500);
        if (cut_until == INT64_MAX) continue;  // for good
        at = cut_until + late;
      }
      push(at, what, who, message);
    }
  }
  void send_report(const SimulatedProcess& process, Report report) {
    const SimulatedHost& host = host_of(process);
    reports_.push_back(std::move(report));
    send(Happening::to_judge, 0, static_cast<int64_t>(reports_.size()) - 1,
         std::max({host.cut_until, host.mute_until, host.down_until}));
  }
  void send_order(Order order) {
    for (size_t i = 0; i < processes_.size(); ++i) {
      if (processes_[i].id != order.member) continue;
      const SimulatedHost& host = host_of(processes_[i]);
      orders_.push_back(std::move(order));
      return send(Happening::to_process, static_cast<int>(i),
                  static_cast<int64_t>(orders_.size()) - 1,
                  std::max({host.cut_until, host.deaf_until, host.down_until}));
    }
  }

  // Supervisors.
  void feed(SimulatedProcess& process, const Member::Event& event) {
    if (!supervisor_runs(process)) return;
    for (Member::Action& action : process.member.handle(host_of(process).clock(now_), event)) {
      if (auto* report = std::get_if<Report>(&action)) send_report(process, std::move(*report));
      if (auto* enter = std::get_if<Member::Enter>(&action)) {
        process.told_world = std::move(enter->world);
        process.told.decision = {};
        if (enter->start) start_rank(process);
      }
      if (auto* tell = std::get_if<Member::Tell>(&action)) process.told = *tell;
      if (std::holds_alternative<Member::KillRank>(action)) end_rank(process, {true, 9});
      if (std::holds_alternative<Member::Leave>(action)) process.supervisor_alive = false;
    }
    if (rank_runs(process)) listen(process);
  }
  void tick(SimulatedProcess& process) {
    if (!process.supervisor_alive && !process.rank_alive) return;
    if (process.end) feed(process, Member::RankEnded{*process.end, process.state});
    feed(process, Member::Tick{});
    if (rank_runs(process)) watchdog(process);
    push(now_ + 500, Happening::tick_process, index(process));
  }
  void end_supervisor(SimulatedProcess& process) {
    if (!process.supervisor_alive) return;
    process.supervisor_alive = process.rank_alive = false;
    if (!scenario_.in_place) abort_later(process.id.born);
  }
  void abort_later(Generation born) {
    push(now_ + random_time(200, 1500), Happening::abort_world, 0, static_cast<int64_t>(born));
  }
  // MPI without fault tolerance ends everybody whom it reaches.
  void abort_world(Generation born) {
    for (SimulatedProcess& process : processes_) {
      if (process.id.born != born || host_of(process).cut(now_)) continue;
      if (process.rank_alive)
        end_rank(process, {true, 15});
      else if (!process.end)
        process.supervisor_alive = false;
    }
  }

  // Ranks.
  void start_rank(SimulatedProcess& process) {
    process.rank_alive = true;
    process.rank_frozen_until = 0;
    process.time.advance(host_of(process).clock(now_));
    process.lease.emplace(process.time.elapsed(), process.member.lease_left());
    listen(process);
  }
  void end_rank(SimulatedProcess& process, Exit exit) {
    if (!process.rank_alive) return;
    if (now_ < process.blocked_until)
      return push(process.blocked_until, Happening::kill_rank, index(process));
    process.rank_alive = false;
    deaths_.push_back({now_, process.host});
    process.end = exit;
    push(now_ + random_time(1, 20), Happening::end_rank, index(process));
    if (!scenario_.in_place && (exit.by_signal || exit.code != 0)) abort_later(process.id.born);
  }
  void watchdog(SimulatedProcess& process) {
    process.time.advance(host_of(process).clock(now_));
    if (supervisor_runs(process))
      process.lease->renew(process.time.elapsed() + process.member.lease_left());
    if (process.lease->lapsed(process.time.elapsed())) return end_rank(process, {true, 9});
    listen(process);
    feed(process, process.state);
  }
  // What its supervisor told it.
  void listen(SimulatedProcess& process) {
    if (process.world != process.told_world) {
      process.world = process.told_world;
      process.state = {};
      process.state.generation = process.world->generation;
      process.state.progress.where = "start";
      process.buffers = {};
      process.loaded = process.stuck = false;
      push(now_ + random_time(100, 800), Happening::load, index(process),
           static_cast<int64_t>(process.world->generation));
    }
    if (process.buffers.decide(process.told.decision)) {
      std::erase_if(host_of(process).memory, [&](const StoredShare& share) {
        return share.generation < process.state.generation;
      });
    }
    if (process.told.directive == Directive::finish)
      push(now_ + 50, Happening::leave_rank, index(process));
    if (process.told.directive == Directive::stop)
      push(now_ + 1500, Happening::leave_rank, index(process));
    process.told.directive = Directive::train;
  }
  void load(SimulatedProcess& process, Generation generation) {
    if (!process.rank_alive || process.state.generation != generation) return;
    if (!rank_runs(process))
      return push(thaw(process, true), Happening::load, index(process),
                  static_cast<int64_t>(generation));
    const World& world = *process.world;
    process.start_step = world.commit ? world.commit->step : disk_step_;
    for (size_t rank = 0; rank < world.read_at.size(); ++rank) {
      SimulatedHost& from = host_named(world.read_at[rank]);
      const Share& share = world.commit->shares[rank];
      const bool home = share.home.host == from.name;
      const bool apart = &from != &host_of(process);
      if (apart && (from.cut(now_) || host_of(process).cut(now_)))
        return end_rank(process, {false, 7});
      if (from.boot != (home ? share.home : share.copy).boot) return end_rank(process, {false, 7});
      if (from.holds(*world.commit, static_cast<int>(rank), !home)) continue;
      if (generation != newest_) return end_rank(process, {false, 7});  // woke too late
      violate(fmt::format("world {} cannot read share {} of step {} on {}", generation, rank,
                          world.commit->step, from.name));
    }
    process.loaded = true;
    process.state.progress = {process.start_step, "load", 0, true};
    watchdog(process);
  }

  Scenario scenario_;
  Random random_;
  int64_t now_ = 0, lossy_until_ = 0, disk_step_ = 0;
  Generation newest_ = 0;  // world
  std::vector<SimulatedHost> hosts_;
  std::deque<SimulatedProcess> processes_;
  std::vector<Report> reports_;
  std::vector<Order> orders_;
  std::priority_queue<Item, std::vector<Item>, std::greater<>> queue_;
  uint64_t pushed_ = 0;
  std::vector<std::pair<int64_t, int>> deaths_;  // of ranks: when, on which host
  std::string violation_;
};

}  // namespace tutti::membership
