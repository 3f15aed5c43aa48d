// Steps and commits of the simulation.
#pragma once

#include <map>

#include "tests/distributed/membership/simulated_machines.h"

namespace tutti::membership {

class SimulatedTraining : public SimulatedMachines {
 public:
  using SimulatedMachines::SimulatedMachines;

 protected:
  using Group = std::vector<SimulatedProcess*>;  // in order of ranks; null: never came up

  Group group_of(Generation generation) {
    Group group;
    for (const Seat& seat : worlds_.at(generation)->seats) {
      const auto at = std::ranges::find_if(
          processes_, [&](const SimulatedProcess& p) { return p.id == seat.member; });
      group.push_back(at == processes_.end() ? nullptr : &*at);
    }
    return group;
  }

  bool can_meet(const Group& group, Generation generation) {
    bool apart = false, cut = false;
    for (const SimulatedProcess* process : group) {
      if (!process || !rank_runs(*process) || process->stuck || !process->loaded ||
          process->state.generation != generation)
        return false;
      apart = apart || process->host != group[0]->host;
      cut = cut || host_of(*process).cut(now_);
    }
    return !(apart && cut);
  }

  void step(Generation generation) {
    if (worlds_.rbegin()->first != generation) return;
    const Group group = group_of(generation);
    if (can_meet(group, generation)) {
      advance(group);
    } else {
      for (SimulatedProcess* process : group) {
        if (!process || !rank_runs(*process) || process->stuck || !process->loaded) continue;
        process->state.progress.waiting = true;
        process->state.progress.where = "all_reduce";
      }
    }
    push(now_ + random_time(50, 350), Happening::step, 0, static_cast<int64_t>(generation));
  }

  void advance(const Group& group) {
    if (progressed_at_ != 0) longest_pause_ = std::max(longest_pause_, now_ - progressed_at_);
    progressed_at_ = now_;
    const int64_t step = group[0]->state.progress.step;
    bool commit = !group[0]->state.ready || step % scenario_.commit_every == 0;
    for (SimulatedProcess* process : group) {
      if (process->state.progress.step != step) violate("ranks of one world at different steps");
      commit = commit && process->buffers.free() &&
               (process->state.commit.number == 0 || process->state.commit.step < step);
      process->state.ready = true;
    }
    if (commit)
      for (SimulatedProcess* process : group) begin_commit(*process, step);
    for (SimulatedProcess* process : group) {
      if (step >= scenario_.steps) {
        process->state.final_state = static_cast<uint64_t>(step);
      } else {
        process->state.progress = {step + 1, "step", 0, false};
        furthest_ = step + 1;
      }
    }
    if (step + 1 == poisoned_step_) return end_rank(*group[0], {true, 11});
    for (SimulatedProcess* process : group)
      if (commit || step >= scenario_.steps) watchdog(*process);
  }

  void begin_commit(SimulatedProcess& process, int64_t step) {
    CommitProgress& commit = process.state.commit;
    commit = process.buffers.begin(step);
    if (std::exchange(failing_writer_, -1) == index(process)) {
      commit.failed = true;
      return;
    }
    host_of(process).store({process.state.generation, commit.buffer, process.rank(), false,
                            commit.number, step, false});
    push(now_ + random_time(5, 250), Happening::written, index(process), ticket(process));
  }

  // A commit of a world in one number, for the queue.
  int64_t ticket(const SimulatedProcess& p) const {
    return static_cast<int64_t>(p.state.generation * 100'000 + p.state.commit.number);
  }
  // Whether the rank still works on it; where it is stopped it will when it wakes.
  bool works_on(SimulatedProcess& process, Happening what, int64_t commit) {
    if (!process.rank_alive || ticket(process) != commit) return false;
    if (rank_runs(process)) return true;
    push(thaw(process, true), what, index(process), commit);
    return false;
  }

  void written(SimulatedProcess& process, int64_t number) {
    if (!works_on(process, Happening::written, number)) return;
    store(process, process.host, false, true);
    process.state.commit.written = true;
    if (buddy_host(process) == process.host && one_host(process)) {
      process.state.commit.copied = true;
    } else {
      if (!hosts_[buddy_host(process)].cut(now_)) store(process, buddy_host(process), true, false);
      push(now_ + random_time(5, 250), Happening::copied, index(process), number);
    }
    watchdog(process);
  }

  void copied(SimulatedProcess& process, int64_t number) {
    if (!works_on(process, Happening::copied, number)) return;
    SimulatedProcess* buddy = group_of(process.state.generation)[buddy_of(process)];
    const bool reached = !host_of(process).cut(now_) && !host_of(*buddy).cut(now_) &&
                         rank_runs(*buddy) && buddy->state.generation == process.state.generation;
    if (!reached) return push(now_ + 300, Happening::copied, index(process), number);
    store(process, buddy->host, true, true);
    process.state.commit.copied = true;
    watchdog(process);
  }

  void store(const SimulatedProcess& process, int host, bool copy, bool whole) {
    const CommitProgress& commit = process.state.commit;
    hosts_[host].store({process.state.generation, commit.buffer, process.rank(), copy,
                        commit.number, commit.step, whole});
  }
  int buddy_of(const SimulatedProcess& process) const {
    std::vector<std::string> hosts;
    for (const Seat& seat : process.world->seats) hosts.push_back(seat.host);
    return buddies(hosts)[process.rank()];
  }
  int buddy_host(const SimulatedProcess& process) {
    const std::string& name = process.world->seats[buddy_of(process)].host;
    return static_cast<int>(&host_named(name) - hosts_.data());
  }
  bool one_host(const SimulatedProcess& process) const {
    return buddy_of(process) == process.rank();
  }

  std::map<Generation, std::shared_ptr<const World>> worlds_;
  int64_t progressed_at_ = 0, longest_pause_ = 0, furthest_ = 0, poisoned_step_ = -1;
  int failing_writer_ = -1;
};

}  // namespace tutti::membership
