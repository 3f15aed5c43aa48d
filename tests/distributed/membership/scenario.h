// What the simulator is given: hosts, options and faults. A pure function of a seed, and small
// enough to be written down by hand when a seed fails.
#pragma once

#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "distributed/membership/judge.h"

namespace tutti::membership {

enum class FaultKind {
  kill_rank,          // SIGKILL
  fail_rank,          // exit(1)
  kill_supervisor,    // its rank dies with it
  freeze_rank,        // SIGSTOP, and SIGCONT after `length`
  block_rank,         // in the kernel: SIGKILL waits for `length`
  freeze_supervisor,  // its rank runs on
  freeze_host,
  freeze_judge,
  kill_judge,
  stick_rank,      // no progress any more, its watchdog speaks on
  poison,          // from now on any rank that reaches step `target` dies of SIGSEGV
  corrupt_rank,    // its state fails a check
  fail_write,      // the rank's next share cannot be written
  crash_host,      // memory and processes are gone, for `length`; for good if it is 0
  cut_host,        // from all others and the judge, for `length`
  cut_to_judge,    // what it says is lost
  cut_from_judge,  // what it is told is lost
  lose_messages,   // three of ten, everywhere, for `length`; others are late by seconds
  jump_clock,      // a host's (the judge's if target is past the hosts) by `length`, either way
  refuse_start,    // the next world is not started
  resize,          // to `target` ranks
  unlist_host,     // for `length`
  stop,
};
inline constexpr std::array<const char*, 23> kFaultNames = {"kill_rank",
                                                            "fail_rank",
                                                            "kill_supervisor",
                                                            "freeze_rank",
                                                            "block_rank",
                                                            "freeze_supervisor",
                                                            "freeze_host",
                                                            "freeze_judge",
                                                            "kill_judge",
                                                            "stick_rank",
                                                            "poison",
                                                            "corrupt_rank",
                                                            "fail_write",
                                                            "crash_host",
                                                            "cut_host",
                                                            "cut_to_judge",
                                                            "cut_from_judge",
                                                            "lose_messages",
                                                            "jump_clock",
                                                            "refuse_start",
                                                            "resize",
                                                            "unlist_host",
                                                            "stop"};

struct Fault {
  FaultKind kind;
  int64_t at;  // milliseconds, as all times of the simulation
  int target;
  int64_t length = 0;
};

struct Scenario {
  uint64_t seed = 0;  // of the network's and the machines' moods
  int hosts = 1, slots = 1;
  int ranks = 1, min_ranks = 1;
  bool in_place = false, grow_back = true;
  int64_t steps = 100, commit_every = 5;
  int64_t slowest_message = 50;
  std::vector<Fault> faults;

  bool has(FaultKind kind) const {
    return std::ranges::any_of(faults, [&](const Fault& f) { return f.kind == kind; });
  }
  // When the last fault is over.
  int64_t healed() const {
    int64_t end = 0;
    for (const Fault& fault : faults)
      end = std::max(end, fault.at + (fault.kind == FaultKind::jump_clock ? 0 : fault.length));
    return end;
  }
};

inline int64_t length_of(FaultKind kind, Random& random) {
  const auto between = [&](uint64_t low, uint64_t high) {
    return static_cast<int64_t>(low + random.below(high - low));
  };
  switch (kind) {
    case FaultKind::freeze_judge:
      return between(500, 12'000);
    case FaultKind::crash_host:
      return random.below(5) == 0 ? 0 : between(2000, 30'000);
    case FaultKind::jump_clock:
      return between(0, 7'200'000) - 3'600'000;
    case FaultKind::freeze_rank:
    case FaultKind::block_rank:
    case FaultKind::freeze_supervisor:
    case FaultKind::freeze_host:
    case FaultKind::cut_host:
    case FaultKind::cut_to_judge:
    case FaultKind::cut_from_judge:
    case FaultKind::lose_messages:
    case FaultKind::unlist_host:
      return random.below(2) == 0 ? between(200, 4000) : between(4000, 40'000);
    default:
      return 0;
  }
}

inline Scenario scenario_of(uint64_t seed) {
  Random random(seed, 1);
  Scenario scenario;
  scenario.seed = seed;
  scenario.hosts = 1 + static_cast<int>(random.below(4));
  scenario.slots = 1 + static_cast<int>(random.below(3));
  const int most = scenario.hosts * scenario.slots;
  scenario.ranks = 1 + static_cast<int>(random.below(most));
  scenario.min_ranks = 1 + static_cast<int>(random.below(scenario.ranks));
  scenario.in_place = random.below(2) == 0;
  scenario.grow_back = random.below(4) != 0;
  scenario.steps = 60 + static_cast<int64_t>(random.below(100));
  scenario.commit_every = 2 + static_cast<int64_t>(random.below(12));
  scenario.slowest_message = std::array<int64_t, 3>{5, 100, 900}[random.below(3)];
  const uint64_t count = random.below(8);
  for (uint64_t i = 0; i < count; ++i) {
    Fault fault;
    fault.kind = static_cast<FaultKind>(random.below(kFaultNames.size()));
    // What ends a job is rarer than what a job has to outlive.
    const bool final = fault.kind == FaultKind::kill_judge || fault.kind == FaultKind::poison ||
                       fault.kind == FaultKind::stop;
    if (final && random.below(3) != 0) fault.kind = FaultKind::kill_rank;
    fault.at = static_cast<int64_t>(random.below(40'000));
    const bool near = i > 0 && random.below(2) == 0;  // while the one before is recovered from
    fault.target = static_cast<int>(random.below(fault.kind == FaultKind::poison ? 60 : 12));
    if (near) {
      fault.at = scenario.faults.back().at + static_cast<int64_t>(random.below(12'000));
      if (random.below(2) == 0) fault.target = scenario.faults.back().target;
    }
    if (fault.kind == FaultKind::resize)
      fault.target = scenario.min_ranks + static_cast<int>(random.below(most + 1));
    fault.length = length_of(fault.kind, random);
    scenario.faults.push_back(fault);
  }
  return scenario;
}

// As it is written in a test.
inline std::string describe(const Scenario& s) {
  std::string text = fmt::format(
      "{{.seed = {}, .hosts = {}, .slots = {}, .ranks = {}, .min_ranks = {}, .in_place = {}, "
      ".grow_back = {}, .steps = {}, .commit_every = {}, .slowest_message = {}, .faults = {{",
      s.seed, s.hosts, s.slots, s.ranks, s.min_ranks, s.in_place, s.grow_back, s.steps,
      s.commit_every, s.slowest_message);
  for (const Fault& fault : s.faults)
    text +=
        fmt::format("{{FaultKind::{}, {}, {}, {}}}, ", kFaultNames[static_cast<size_t>(fault.kind)],
                    fault.at, fault.target, fault.length);
  return text + "}}";
}

}  // namespace tutti::membership
