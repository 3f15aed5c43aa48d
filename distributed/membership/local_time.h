// Time as one machine of the membership protocol counts it: durations measured on its own host.
#pragma once

#include <algorithm>
#include <chrono>

namespace tutti::membership {

using Duration = std::chrono::milliseconds;

// Whoever drives a machine gives it a reading of the host's monotonic clock with every event, and a
// Tick at least this often.
inline constexpr Duration kTick{500};

// Adds up the readings. What lies between two of them counts as at most two ticks: a clock that
// jumps, or a process that was stopped, takes its own absence for nobody's silence. A reading that
// goes back counts as none.
class LocalTime {
 public:
  explicit LocalTime(Duration reading) : reading_(reading) {}

  Duration advance(Duration reading) {
    now_ += std::clamp(reading - reading_, Duration{0}, 2 * kTick);
    reading_ = reading;
    return now_;
  }
  Duration now() const { return now_; }

 private:
  Duration reading_, now_{0};
};

// The right to live, given for a while and given again. A supervisor has it from the judge and
// hands on to its rank what is left of it; each ends what it holds when its own has lapsed. Once
// lapsed it cannot be renewed.
class Lease {
 public:
  Lease(Duration now, Duration length) : end_(now + length) {}

  void renew(Duration end) { end_ = std::max(end_, end); }
  bool lapsed(Duration now) {
    lapsed_ = lapsed_ || now >= end_;
    return lapsed_;
  }
  Duration left(Duration now) const { return lapsed_ ? Duration{0} : end_ - now; }

 private:
  Duration end_;
  bool lapsed_ = false;
};

}  // namespace tutti::membership
