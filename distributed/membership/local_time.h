// Time as one machine of the membership protocol counts it: durations measured on its own host.
#pragma once

#include <algorithm>
#include <chrono>

namespace tutti::membership {

using Duration = std::chrono::milliseconds;

// Whoever drives a machine gives it a reading of the host's monotonic clock with every event, and a
// Tick at least this often.
inline constexpr Duration kTick{500};

// Adds up the readings; one that goes back counts as none. now() is for what others are held to:
// what lies between two readings counts as two ticks at most, so that who was stopped, or whose
// clock jumped, does not take its own absence for their silence. elapsed() is for what one is held
// to oneself, and counts all.
class LocalTime {
 public:
  explicit LocalTime(Duration reading) : reading_(reading) {}

  Duration advance(Duration reading) {
    const Duration passed = std::max(reading - reading_, Duration{0});
    elapsed_ += passed;
    now_ += std::min(passed, 2 * kTick);
    reading_ = reading;
    return now_;
  }
  Duration now() const { return now_; }
  Duration elapsed() const { return elapsed_; }

 private:
  Duration reading_, now_{0}, elapsed_{0};
};

// The right to live, given for a while and given again. A supervisor has it from the judge and
// hands on to its rank what is left of it; each ends what it holds when its own has lapsed. Once
// lapsed it cannot be renewed.
class Lease {
 public:
  Lease(Duration elapsed, Duration length) : end_(elapsed + length) {}

  void renew(Duration end) { end_ = std::max(end_, end); }
  bool lapsed(Duration elapsed) {
    lapsed_ = lapsed_ || elapsed >= end_;
    return lapsed_;
  }
  Duration left(Duration elapsed) const { return lapsed_ ? Duration{0} : end_ - elapsed; }

 private:
  Duration end_;
  bool lapsed_ = false;
};

}  // namespace tutti::membership
