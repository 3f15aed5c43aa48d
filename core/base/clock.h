// Time, as a seam: Clock::current().now() is the machine's, or a test's.
#pragma once

#include <chrono>
#include <string>

#include "core/base/seam.h"

namespace tutti {

class Clock : public Seam<Clock> {
 public:
  using Duration = std::chrono::nanoseconds;

  virtual ~Clock() = default;
  virtual Duration now() = 0;                         // never goes back; the origin is arbitrary
  virtual std::chrono::milliseconds unix_time() = 0;  // since 1970-01-01 UTC
  virtual void sleep_for(Duration duration) = 0;

  static Clock& real();
};

inline double seconds_of(Clock::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}
std::string utc_text(std::chrono::milliseconds unix_time);  // "2026-01-31T09:05:00.250Z"

}  // namespace tutti
