#include "launch/stop_signal.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <thread>

namespace tutti {
namespace {

TEST(StopSignal, TakesSignalsThatComeTogetherForOne) {
  const StopSignal stop;
  EXPECT_FALSE(StopSignal::received());
  for (const int signal : {SIGTERM, SIGTERM, SIGUSR1, SIGTERM}) raise(signal);
  EXPECT_TRUE(StopSignal::received());
}

TEST(StopSignalDeathTest, EndsTheProcessWhenAskedAgainLater) {
  const auto twice = [] {
    const StopSignal stop;
    raise(SIGTERM);
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));
    raise(SIGTERM);
  };
  EXPECT_EXIT(twice(), testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace tutti
