// Stragglers: ranks that hold the others up, and by what. Ranks meet in every step, so all take
// equally long for one; what tells them apart is how much of that is their own work and how much
// waiting for others.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "core/base/activity.h"

namespace tutti {

// What a rank did within the last seconds: the difference of two of its snapshots, taken at about
// the same times as those of the others.
struct RankPace {
  int rank = 0;
  std::array<double, kActivityKinds> seconds = {};  // by kind
  double waited = 0;              // the part of communication that waits for others
  std::vector<int> awaited = {};  // whom it waited for, in each snapshot that showed it waiting
};
RankPace pace_between(int rank, const ActivitySnapshot& before, const ActivitySnapshot& after);

struct Straggler {
  int rank = 0;
  ActivityKind cause = ActivityKind::other;
  double factor = 1;   // its own work against the median of the others'
  double seconds = 0;  // that it holds the others up in each second of training
};

// Those whose own work is more than a quarter longer than the others' median and holds them up for
// more than a twentieth of the time; the kind of work that exceeds the others' most is the cause. A
// rank that is as quick as the others but whom most of them wait for, and long, has a slow
// connection: communication. The worst first; none among fewer than two ranks.
std::vector<Straggler> find_stragglers(std::span<const RankPace> ranks);

// "rank 3 (node7): reads its data 2.1 times as long as the others, who wait 48% of the time"
std::string describe(const Straggler& straggler, const std::string& host);

}  // namespace tutti
