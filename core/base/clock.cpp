#include "core/base/clock.h"

#include <fmt/core.h>

#include <ctime>
#include <thread>

namespace tutti {
namespace {

class SystemClock final : public Clock {
 public:
  Duration now() override {
    return std::chrono::duration_cast<Duration>(
        std::chrono::steady_clock::now().time_since_epoch());
  }
  std::chrono::milliseconds unix_time() override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
  }
  void sleep_for(Duration duration) override { std::this_thread::sleep_for(duration); }
};

}  // namespace

Clock& Clock::real() {
  static SystemClock clock;
  return clock;
}

std::string utc_text(std::chrono::milliseconds unix_time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(unix_time);
  const std::time_t time = static_cast<std::time_t>(whole.count());
  std::tm parts{};
  gmtime_r(&time, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     (unix_time - whole).count());
}

}  // namespace tutti
