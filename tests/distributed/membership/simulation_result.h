// What a simulation gives, and what a scenario means to the judge.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/distributed/membership/scenario.h"

namespace tutti::membership {

struct SimulationResult {
  std::string violation;  // empty: none
  std::optional<Verdict> verdict;
  uint64_t trace = 0;      // of every event in its order
  uint64_t decisions = 0;  // of every action of the judge
  int worlds = 0, commits = 0, in_place = 0, from_commit = 0, from_disk = 0;
  int64_t end = 0;
  int64_t longest_pause = 0;                           // between two steps
  int64_t most_lost = 0;                               // steps, by one return to a commit
  std::vector<std::pair<int64_t, int>> deaths;         // of ranks: when, on which host
  std::vector<std::string> lines;                      // what people read
  Duration started{0};                                 // the judge's reading then
  std::vector<std::pair<Duration, Judge::Event>> log;  // what the judge was given
};

inline void mix(uint64_t& hash, uint64_t value) { hash = (hash ^ value) * 0x100000001b3u; }
inline void mix(uint64_t& hash, const std::string& text) {
  for (const char letter : text) mix(hash, static_cast<unsigned char>(letter));
}
inline void mix(uint64_t& hash, const Judge::Action& action) {
  mix(hash, action.index());
  if (const auto* order = std::get_if<Order>(&action)) {
    mix(hash, order->number ^ order->acknowledged << 20);
    mix(hash, order->member.born << 16 ^ static_cast<uint64_t>(order->member.rank));
    mix(hash, static_cast<uint64_t>(order->directive) ^ order->decision.number << 4);
    mix(hash, order->world ? order->world->generation : 0);
  } else if (const auto* start = std::get_if<Judge::Start>(&action)) {
    for (const Seat& seat : start->world->seats) mix(hash, seat.host);
  } else if (const auto* say = std::get_if<Judge::Say>(&action)) {
    mix(hash, say->line);
  } else if (const auto* end = std::get_if<Judge::End>(&action)) {
    mix(hash, end->verdict.words);
  } else if (const auto* probe = std::get_if<Judge::Probe>(&action)) {
    mix(hash, probe->host);
  }
}

inline JudgeOptions options_of(const Scenario& scenario) {
  JudgeOptions options;
  options.job = scenario.seed + 1;
  options.ranks = scenario.ranks;
  options.min_ranks = scenario.min_ranks;
  options.max_ranks = scenario.hosts * scenario.slots;
  options.in_place = scenario.in_place;
  options.grow_back = scenario.grow_back;
  options.hang_timeout = options.start_timeout = Duration{15'000};
  options.wait = Duration{120'000};
  options.cool_down.longest = Duration{20'000};
  return options;
}
inline std::vector<HostSpec> hosts_of(const Scenario& scenario) {
  std::vector<HostSpec> hosts;
  for (int i = 0; i < scenario.hosts; ++i)
    hosts.push_back({"h" + std::to_string(i), scenario.slots});
  return hosts;
}

}  // namespace tutti::membership
