// A run of the judge and its members through a scenario, with the invariants held at every event.
#pragma once

#include "tests/distributed/membership/simulated_training.h"
#include "tests/distributed/membership/simulation_result.h"

namespace tutti::membership {

class Simulation : public SimulatedTraining {
 public:
  explicit Simulation(const Scenario& scenario)
      : SimulatedTraining(scenario),
        judge_(options_of(scenario), hosts_of(scenario), judge_clock()) {
    result_.started = judge_clock();
    push(0, Happening::tick_judge, 0);
    for (size_t i = 0; i < scenario.faults.size(); ++i)
      push(scenario.faults[i].at, Happening::fault, static_cast<int>(i));
  }

  SimulationResult run() {
    while (violation_.empty() && !queue_.empty() && !over()) {
      const Item item = queue_.top();
      queue_.pop();
      now_ = item.at;
      mix(result_.trace, static_cast<uint64_t>(item.what) ^ static_cast<uint64_t>(now_) << 8);
      happen(item);
      check_kept();
    }
    result_.violation = violation_;
    result_.end = now_;
    result_.longest_pause = longest_pause_;
    result_.deaths = deaths_;
    result_.worlds = static_cast<int>(worlds_.size());
    return std::move(result_);
  }

 private:
  Duration judge_clock() const { return Duration{7'000'000 + now_ + judge_jump_}; }

  // Everything is over some time after the end, when nothing may be left.
  bool over() {
    const int64_t healed = scenario_.healed();
    if (judge_ended_ < 0) {
      if (now_ > std::max(healed, progressed_at_) + 75'000) {
        if (!waits_for_dead_hosts()) violate("no progress");
      }
      if (now_ > healed + 600'000) violate("no end");
      return false;
    }
    if (now_ < std::max(healed, judge_ended_) + 12'000) return false;
    for (const SimulatedProcess& process : processes_)
      if (process.rank_alive || process.supervisor_alive) violate("somebody outlives the job");
    return true;
  }
  bool waits_for_dead_hosts() const {
    return judge_.phase() == Judge::Phase::waiting &&
           std::ranges::any_of(hosts_, [&](const SimulatedHost& h) { return !h.up(now_); });
  }

  // long: one case for each thing that happens
  void happen(const Item& item) {
    const bool for_judge = item.what == Happening::to_judge || item.what == Happening::probe ||
                           item.what == Happening::world_ended || item.what == Happening::gone ||
                           item.what == Happening::fault;
    if (for_judge && now_ < judge_frozen_until_)
      return push(judge_frozen_until_ + 1, item.what, item.who, item.detail);
    SimulatedProcess* process =
        item.who < static_cast<int>(processes_.size()) ? &processes_[item.who] : nullptr;
    switch (item.what) {
      case Happening::tick_judge:
        push(now_ + 500, Happening::tick_judge, 0);
        return judge(Judge::Tick{});
      case Happening::to_judge:
        return judge(reports_[item.detail]);
      case Happening::to_process:
        if (process->supervisor_alive && !supervisor_runs(*process))
          return push(thaw(*process, false) + 1, Happening::to_process, item.who, item.detail);
        return feed(*process, orders_[item.detail]);
      case Happening::tick_process:
        return tick(*process);
      case Happening::spawn:
        return spawn(item.who, static_cast<Generation>(item.detail));
      case Happening::load:
        return load(*process, static_cast<Generation>(item.detail));
      case Happening::step:
        return step(static_cast<Generation>(item.detail));
      case Happening::written:
        return written(*process, item.detail);
      case Happening::copied:
        return copied(*process, item.detail);
      case Happening::end_rank:
        if (process->end) feed(*process, Member::RankEnded{*process->end, process->state});
        return;
      case Happening::kill_rank:
        return end_rank(*process, {true, 9});
      case Happening::leave_rank:
        return end_rank(*process, {false, 0});
      case Happening::abort_world:
        return abort_world(static_cast<Generation>(item.detail));
      case Happening::probe:
        return judge(
            Judge::Probed{hosts_[item.who].name,
                          !hosts_[item.who].cut(now_) && now_ >= hosts_[item.who].frozen_until,
                          hosts_[item.who].boot});
      case Happening::gone:
        return judge(Judge::Gone{process->id});
      case Happening::world_ended:
        return judge(Judge::WorldEnded{static_cast<Generation>(item.detail), "mpirun ended"});
      case Happening::end_world:
        return end_world(static_cast<Generation>(item.detail));
      case Happening::fault:
        return inject(scenario_.faults[item.who]);
    }
  }

  void judge(Judge::Event event) {
    if (judge_dead_ || now_ < judge_frozen_until_) return;
    const Duration reading = judge_clock();
    judged_ = judge_.generation();
    std::vector<Judge::Action> actions = judge_.handle(reading, event);
    result_.log.emplace_back(reading, std::move(event));
    if (judge_.generation() != newest_) check_new_world();
    for (Judge::Action& action : actions) {
      mix(result_.decisions, action);
      act(action);
    }
  }

  void act(Judge::Action& action) {
    if (auto* order = std::get_if<Order>(&action)) send_order(std::move(*order));
    if (auto* start = std::get_if<Judge::Start>(&action)) {
      const Generation generation = start->world->generation;
      if (std::exchange(refuse_start_, false)) {
        push(now_ + 300, Happening::world_ended, 0, static_cast<int64_t>(generation));
        return;
      }
      for (size_t rank = 0; rank < start->world->seats.size(); ++rank)
        push(now_ + random_time(300, 1500), Happening::spawn, static_cast<int>(rank),
             static_cast<int64_t>(generation));
    }
    if (auto* end = std::get_if<Judge::EndWorld>(&action)) {
      over_.insert(end->started);
      push(now_ + random_time(50, 300), Happening::end_world, 0,
           static_cast<int64_t>(end->started));
    }
    if (auto* say = std::get_if<Judge::Say>(&action))
      result_.lines.push_back(fmt::format("{:6} {}", now_, say->line));
    if (auto* probe = std::get_if<Judge::Probe>(&action))
      push(now_ + random_time(100, 900), Happening::probe,
           static_cast<int>(&host_named(probe->host) - hosts_.data()));
    if (auto* end = std::get_if<Judge::End>(&action)) {
      result_.verdict = end->verdict;
      if (end->verdict.outcome == Outcome::done) check_done();
      judge_ended_ = now_;
    }
  }

  void spawn(int rank, Generation generation) {
    const World& world = *worlds_.at(generation);
    const int host = static_cast<int>(&host_named(world.seats[rank].host) - hosts_.data());
    if (hosts_[host].cut(now_) || judge_dead_ || over_.contains(generation)) return;
    const MemberOptions options{options_of(scenario_).job, {generation, rank}, hosts_[host].boot};
    processes_.emplace_back(options, host, hosts_[host].clock(now_));
    push(now_, Happening::tick_process, static_cast<int>(processes_.size()) - 1);
  }

  void end_world(Generation started) {
    for (SimulatedProcess& process : processes_) {
      if (process.id.born != started || host_of(process).cut(now_)) continue;
      process.rank_alive = process.supervisor_alive = false;
    }
  }

  void check_new_world() {
    newest_ = judge_.generation();
    worlds_[newest_] = std::make_shared<const World>(*judge_.world());
    push(now_ + 100, Happening::step, 0, static_cast<int64_t>(newest_));
    const World& world = *judge_.world();
    if (world.seats[0].member.born != newest_) ++result_.in_place;
    ++(world.commit ? result_.from_commit : result_.from_disk);
    if (world.commit)
      result_.most_lost = std::max(result_.most_lost, furthest_ - world.commit->step);
    furthest_ = world.commit ? world.commit->step : 0;
    for (SimulatedProcess& process : processes_) {
      const bool seated = std::ranges::any_of(
          world.seats, [&](const Seat& seat) { return seat.member == process.id; });
      // A lease that ran while its holder was stopped lapses soon after it wakes.
      const bool slept = thaw(process, true) + 10'000 > now_;
      if (process.rank_alive && !seated && !slept)
        violate(fmt::format("world {} begins while rank {} of world {} lives", newest_,
                            process.id.rank, process.id.born));
    }
  }

  // The newest complete commit: one per step of a generation, made by that world's ranks alone, and
  // whole wherever its hosts have not lost their memory.
  void check_kept() {
    const std::optional<Commit>& kept = judge_.kept();
    if (!kept) return;
    if (kept_.generation != kept->generation || kept_.number != kept->number) {
      if (kept->generation != judged_) violate("a commit of an older world");
      if (kept->generation == kept_.generation && kept->step <= kept_.step)
        violate("two commits of one step");
      const Group group = group_of(kept->generation);
      for (size_t rank = 0; rank < group.size(); ++rank) {
        const RankState& state = group[rank]->state;
        if (state.generation != kept->generation || state.commit.number != kept->number ||
            state.commit.step != kept->step)
          violate(fmt::format("rank {} is not in commit {}", rank, kept->number));
      }
      kept_ = *kept;
      ++result_.commits;
      if (kept->step % 4 == 0) disk_step_ = std::max(disk_step_, kept->step);
    }
    for (size_t rank = 0; rank < kept->shares.size(); ++rank) {
      const Share& share = kept->shares[rank];
      check_share(*kept, static_cast<int>(rank), share.home, false);
      if (share.copy != share.home) check_share(*kept, static_cast<int>(rank), share.copy, true);
    }
  }
  void check_done() {
    for (const SimulatedProcess* process : group_of(newest_))
      if (process->state.final_state != static_cast<uint64_t>(scenario_.steps))
        violate("done before all is written");
  }
  void check_share(const Commit& commit, int rank, const Place& place, bool copy) {
    SimulatedHost& host = host_named(place.host);
    if (host.boot == place.boot && !host.holds(commit, rank, copy))
      violate(fmt::format("share {} of the commit of step {} is gone on {}", rank, commit.step,
                          place.host));
  }

  void inject(const Fault& fault);
  void inject_host(const Fault& fault, SimulatedHost& host);
  void inject_process(const Fault& fault, SimulatedProcess& process);

  Judge judge_;
  SimulationResult result_;
  Generation judged_ = 0;  // the newest world before the judge's last event
  Commit kept_;
  std::set<Generation> over_;  // worlds that the judge has left
  int64_t judge_frozen_until_ = 0, judge_jump_ = 0, judge_ended_ = -1;
  bool judge_dead_ = false, refuse_start_ = false;
};

inline void Simulation::inject(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::freeze_judge:
      judge_frozen_until_ = now_ + fault.length;
      return;
    case FaultKind::kill_judge:
      judge_dead_ = true;
      judge_ended_ = now_;
      return;
    case FaultKind::poison:
      poisoned_step_ = fault.target;
      return;
    case FaultKind::lose_messages:
      lossy_until_ = now_ + fault.length;
      return;
    case FaultKind::refuse_start:
      refuse_start_ = true;
      return;
    case FaultKind::resize:
      return judge(Judge::Resize{fault.target});
    case FaultKind::stop:
      return judge(Judge::Stop{"asked to stop"});
    case FaultKind::jump_clock:
      if (fault.target % (scenario_.hosts + 1) == scenario_.hosts)
        judge_jump_ += fault.length;
      else
        hosts_[fault.target % (scenario_.hosts + 1)].clock_offset += fault.length;
      return;
    case FaultKind::crash_host:
    case FaultKind::cut_host:
    case FaultKind::cut_to_judge:
    case FaultKind::cut_from_judge:
    case FaultKind::freeze_host:
    case FaultKind::unlist_host:
      return inject_host(fault, hosts_[fault.target % scenario_.hosts]);
    default:
      break;
  }
  std::vector<SimulatedProcess*> alive;
  for (SimulatedProcess& process : processes_)
    if (process.rank_alive) alive.push_back(&process);
  if (!alive.empty()) inject_process(fault, *alive[fault.target % alive.size()]);
}

inline void Simulation::inject_host(const Fault& fault, SimulatedHost& host) {
  const int64_t until = now_ + fault.length;
  if (fault.kind == FaultKind::cut_host) host.cut_until = until;
  if (fault.kind == FaultKind::cut_to_judge) host.mute_until = until;
  if (fault.kind == FaultKind::cut_from_judge) host.deaf_until = until;
  if (fault.kind == FaultKind::freeze_host) host.frozen_until = until;
  if (fault.kind == FaultKind::crash_host) {
    host.down_until = fault.length == 0 ? INT64_MAX : until;
    ++host.boot;
    host.memory.clear();
    for (SimulatedProcess& process : processes_)
      if (&host_of(process) == &host) end_supervisor(process);
  }
  if (fault.kind == FaultKind::unlist_host) {
    std::vector<HostSpec> hosts = hosts_of(scenario_);
    if (fault.length != 0) {
      std::erase_if(hosts, [&](const HostSpec& spec) { return spec.name == host.name; });
      scenario_.faults.push_back({FaultKind::unlist_host, until, fault.target, 0});
      push(until, Happening::fault, static_cast<int>(scenario_.faults.size()) - 1);
    }
    judge(Judge::HostsListed{std::move(hosts)});
  }
}

inline void Simulation::inject_process(const Fault& fault, SimulatedProcess& process) {
  if (fault.kind == FaultKind::kill_rank) end_rank(process, {true, 9});
  if (fault.kind == FaultKind::fail_rank) end_rank(process, {false, 1});
  if (fault.kind == FaultKind::kill_supervisor) {
    end_supervisor(process);
    if (chance(2)) push(now_ + 200, Happening::gone, index(process));
  }
  if (fault.kind == FaultKind::freeze_rank)
    process.rank_frozen_until = std::max(process.rank_frozen_until, now_ + fault.length);
  if (fault.kind == FaultKind::block_rank) {
    process.blocked_until = now_ + fault.length;
    process.rank_frozen_until = std::max(process.rank_frozen_until, process.blocked_until + 1);
  }
  if (fault.kind == FaultKind::freeze_supervisor)
    process.supervisor_frozen_until = now_ + fault.length;
  if (fault.kind == FaultKind::stick_rank) {
    process.stuck = true;
    process.state.progress.where = "matmul";
    process.state.progress.waiting = false;
  }
  if (fault.kind == FaultKind::corrupt_rank) {
    process.state.corrupt = "fails its checksum";
    if (rank_runs(process)) watchdog(process);
  }
  if (fault.kind == FaultKind::fail_write) failing_writer_ = index(process);
}

}  // namespace tutti::membership
