// Stragglers: ranks that hold the others up, and by what. Ranks meet in every step, so all take
// equally long for one; what tells them apart is how much of that is their own work and how much
// waiting for others.
#pragma once

#include <array>
#include <chrono>
#include <map>
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
  double share = 1;  // of each batch that it computes, in any unit that is the same for all
};
RankPace pace_between(int rank, const ActivitySnapshot& before, const ActivitySnapshot& after);

struct Straggler {
  int rank = 0;
  ActivityKind cause = ActivityKind::other;
  double factor = 1;   // its own work against the median of the others', for a share like its own
  double seconds = 0;  // that it holds the others up in each second of training
};

// Those whose own work is more than a quarter longer than the others' median, for a share like
// theirs, and holds them up for more than a twentieth of the time; the kind of work that exceeds
// the others' most is the cause. A rank that is as quick as the others but whom most of them wait
// for, and long, has a slow connection: communication; of two each waits for the other, whosever
// fault it is. The worst first; none among fewer than two ranks.
std::vector<Straggler> find_stragglers(std::span<const RankPace> ranks);

// "rank 3 on node7 is slow at reading data: it works 2.1 times as long as the others, who wait 48%
// of the time"
std::string describe(const Straggler& straggler, const std::string& host);
// What to look at: "look at where it reads from".
std::string remedy(ActivityKind cause);

// Which of them to name in a log. One that is found at every look, for so long and over as many
// steps as no hiccup lasts, is named once; again only after it was found at no look for as long.
class StragglerWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::milliseconds default_patience{20000};
  static constexpr int64_t least_steps = 10;

  explicit StragglerWatch(std::chrono::milliseconds patience = default_patience)
      : patience_(patience) {}
  // What a look at this time found, when the world had done so many steps: those to name now, as
  // they were on average, each for the cause that it was found with most often.
  std::vector<Straggler> look(Time now, int64_t step, std::span<const Straggler> found);
  void forget() { suspects_.clear(); }  // another world

 private:
  struct Suspect {
    Time first, last;  // found
    int64_t step = 0;  // of the first
    int looks = 0;
    double factor = 0, seconds = 0;  // sums over the looks
    std::array<int, kActivityKinds> causes = {};
    bool named = false;
  };
  std::chrono::milliseconds patience_;
  std::map<int, Suspect> suspects_;  // by rank
};

}  // namespace tutti
