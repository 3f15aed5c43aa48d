// Whether this process ran: stopped by somebody, or on a host that was.
#pragma once

#include <chrono>
#include <optional>
#include <utility>

namespace tutti::launch {

class Absence {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kLeast{4};  // looks come every half second

  explicit Absence(Time now) : looked_(now) {}

  // For how long it did not run, told once.
  std::optional<std::chrono::seconds> look(Time now) {
    const auto away = now - std::exchange(looked_, now);
    if (away < kLeast) return std::nullopt;
    back_ = now;
    return std::chrono::duration_cast<std::chrono::seconds>(away);
  }
  // Whether what waited for it meanwhile is being found gone.
  bool just_ended(Time now) const { return back_ && now - *back_ < kLeast; }

 private:
  Time looked_;
  std::optional<Time> back_;
};

}  // namespace tutti::launch
