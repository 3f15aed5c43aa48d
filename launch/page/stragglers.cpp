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
constexpr double kMost = 0.75;       // of those looks
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

// Of the time, for one unit of the batch: looks at ranks are not equally long, their steps are.
double per_share(const RankPace& pace, double seconds) {
  return seconds / std::max(elapsed(pace) * pace.share, 1e-9);
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
    const auto work = [&](const RankPace& one) { return per_share(one, own(one, kind)); };
    const double excess = work(pace) - median_of_others(ranks, pace, work);
    if (excess > most) most = excess, cause = kind;
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
  return looks >= kLooks && kMost * static_cast<double>(looks) <= static_cast<double>(there);
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
    if (elapsed(pace) <= 0 || pace.share <= 0) continue;
    const auto work = [](const RankPace& one) { return per_share(one, own(one)); };
    const double others = median_of_others(ranks, pace, work);
    const double excess = (work(pace) - others) * pace.share;
    const double waits = median_of_others(ranks, pace, [](const RankPace& other) {
      return other.waited / std::max(elapsed(other), 1e-9);
    });
    const double factor = work(pace) / std::max(others, 1e-9);
    if (factor > kLonger && excess > kHeldUp)
      found.push_back({pace.rank, largest_excess(ranks, pace), factor, excess});
    else if (ranks.size() > 2 && waits > kLongWaits && most_wait_for(ranks, pace.rank))
      found.push_back({pace.rank, ActivityKind::communication, 1, waits});
  }
  std::ranges::stable_sort(found, std::ranges::greater{}, &Straggler::seconds);
  return found;
}

std::string describe(const Straggler& straggler, const std::string& host) {
  static constexpr const char* work[kActivityKinds] = {
      "other things", "reading data", "computing", "sending and receiving", "writing checkpoints"};
  const std::string who = host.empty() ? fmt::format("rank {}", straggler.rank)
                                       : fmt::format("rank {} on {}", straggler.rank, host);
  const double waits = 100 * straggler.seconds;
  if (straggler.cause == ActivityKind::communication && straggler.factor <= kLonger)
    return fmt::format("{} has a slow connection: the others wait for it {:.0f}% of the time", who,
                       waits);
  return fmt::format(
      "{} is slow at {}: it works {:.1f} times as long as the others, who wait {:.0f}% of the time",
      who, work[static_cast<size_t>(straggler.cause)], std::min(straggler.factor, 999.0), waits);
}

std::string remedy(ActivityKind cause) {
  switch (cause) {
    case ActivityKind::data:
      return "look at where it reads from";
    case ActivityKind::communication:
      return "look at its link";
    case ActivityKind::checkpoint:
      return "look at the disk of the run";
    default:
      return "look at what else runs there";
  }
}

std::vector<Straggler> StragglerWatch::look(Time now, int64_t step,
                                            std::span<const Straggler> found) {
  std::vector<Straggler> named;
  for (const Straggler& one : found) {
    Suspect& suspect =
        suspects_.try_emplace(one.rank, Suspect{.first = now, .last = now, .step = step})
            .first->second;
    suspect.last = now;
    suspect.factor += one.factor;
    suspect.seconds += one.seconds;
    ++suspect.looks;
    ++suspect.causes[static_cast<size_t>(one.cause)];
    if (suspect.named || now - suspect.first < patience_ || step - suspect.step < least_steps)
      continue;
    suspect.named = true;
    const auto cause = std::ranges::max_element(suspect.causes) - suspect.causes.begin();
    named.push_back({one.rank, static_cast<ActivityKind>(cause), suspect.factor / suspect.looks,
                     suspect.seconds / suspect.looks});
  }
  std::erase_if(suspects_, [&](const auto& entry) {
    const Suspect& suspect = entry.second;
    return suspect.last != now && (!suspect.named || now - suspect.last >= patience_);
  });
  return named;
}

}  // namespace tutti
