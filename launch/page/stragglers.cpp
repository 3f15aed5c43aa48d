#include "launch/page/stragglers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tutti {
namespace {

constexpr double kLonger = 1.25;     // than the others
constexpr double kHeldUp = 0.05;     // of the time
constexpr size_t kLooks = 3;         // at least, at whom somebody waits for
constexpr double kLongWaits = 0.25;  // of the time, where the connection is blamed

double elapsed(const RankPace& pace) {
  return std::accumulate(pace.seconds.begin(), pace.seconds.end(), 0.0);
}

// A rank's own work of a kind.
double own(const RankPace& pace, size_t kind) {
  const bool communicates = kind == static_cast<size_t>(ActivityKind::communication);
  return std::max(0.0, pace.seconds[kind] - (communicates ? pace.waited : 0));
}

double own(const RankPace& pace) {
  double all = 0;
  for (size_t kind = 0; kind < kActivityKinds; ++kind) all += own(pace, kind);
  return all;
}

// Of the other ranks.
template <typename Measure>
double median_of_others(std::span<const RankPace> ranks, const RankPace& but,
                        const Measure& measure) {
  std::vector<double> others;
  for (const RankPace& pace : ranks)
    if (pace.rank != but.rank) others.push_back(measure(pace));
  std::sort(others.begin(), others.end());
  const size_t half = others.size() / 2;
  return others.size() % 2 == 1 ? others[half] : (others[half - 1] + others[half]) / 2;
}

ActivityKind largest_excess(std::span<const RankPace> ranks, const RankPace& pace) {
  size_t cause = 0;
  double most = -1;
  for (size_t kind = 0; kind < kActivityKinds; ++kind) {
    const double others =
        median_of_others(ranks, pace, [&](const RankPace& other) { return own(other, kind); });
    if (own(pace, kind) - others > most) most = own(pace, kind) - others, cause = kind;
  }
  return static_cast<ActivityKind>(cause);
}

bool most_wait_for(std::span<const RankPace> ranks, int rank) {
  size_t looks = 0, there = 0;
  for (const RankPace& pace : ranks) {
    if (pace.rank == rank) continue;
    looks += pace.awaited.size();
    there += static_cast<size_t>(std::count(pace.awaited.begin(), pace.awaited.end(), rank));
  }
  return looks >= kLooks && 2 * there > looks;
}

}  // namespace

RankPace pace_between(int rank, const ActivitySnapshot& before, const ActivitySnapshot& after) {
  RankPace pace{.rank = rank};
  for (size_t kind = 0; kind < kActivityKinds; ++kind)
    pace.seconds[kind] = std::max(0.0, after.seconds[kind] - before.seconds[kind]);
  pace.waited = std::max(0.0, after.waited - before.waited);
  for (const ActivitySnapshot* seen : {&before, &after})
    if (seen->waiting && seen->awaited >= 0) pace.awaited.push_back(seen->awaited);
  return pace;
}

std::vector<Straggler> find_stragglers(std::span<const RankPace> ranks) {
  std::vector<Straggler> found;
  if (ranks.size() < 2) return found;
  for (const RankPace& pace : ranks) {
    const double time = elapsed(pace);
    if (time <= 0) continue;
    const double others =
        median_of_others(ranks, pace, [](const RankPace& other) { return own(other); });
    const double excess = (own(pace) - others) / time;
    const double waits = median_of_others(ranks, pace, [](const RankPace& other) {
      return other.waited / std::max(elapsed(other), 1e-9);
    });
    const double factor = own(pace) / std::max(others, 1e-9);
    if (factor > kLonger && excess > kHeldUp)
      found.push_back({pace.rank, largest_excess(ranks, pace), factor, excess});
    else if (waits > kLongWaits && most_wait_for(ranks, pace.rank))
      found.push_back({pace.rank, ActivityKind::communication, 1, waits});
  }
  std::ranges::stable_sort(found, std::ranges::greater{}, &Straggler::seconds);
  return found;
}

std::string describe(const Straggler& straggler, const std::string& host) {
  static constexpr const char* work[kActivityKinds] = {"is busy with other things",
                                                       "reads its data", "computes", "communicates",
                                                       "writes checkpoints"};
  const std::string who = host.empty() ? fmt::format("rank {}", straggler.rank)
                                       : fmt::format("rank {} ({})", straggler.rank, host);
  if (straggler.cause == ActivityKind::communication && straggler.factor <= kLonger)
    return fmt::format("{}: its connection is slow, the others wait for it {:.0f}% of the time",
                       who, 100 * straggler.seconds);
  return fmt::format("{}: {} {:.1f} times as long as the others, who wait {:.0f}% of the time", who,
                     work[static_cast<size_t>(straggler.cause)], std::min(straggler.factor, 999.0),
                     100 * straggler.seconds);
}

}  // namespace tutti
