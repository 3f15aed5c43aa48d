// How a rank waits for its peers: it spins for a few microseconds, then yields its core, then
// sleeps for a sixteenth of the time it has waited. Ranks may share cores, so nothing spins for
// long.
#pragma once

#include <chrono>
#include <cstdint>

namespace tutti {

class Backoff {
 public:
  explicit Backoff(std::chrono::milliseconds deadline) : deadline_(deadline) {}
  // True while it only spins: too early to poll anything else.
  bool spinning() const { return turns_ < spins; }
  // Waits a little. False once the deadline has passed.
  bool pause();

 private:
  static constexpr uint32_t spins = 200;
  std::chrono::milliseconds deadline_;
  std::chrono::steady_clock::time_point start_;
  uint32_t turns_ = 0;
};

}  // namespace tutti
