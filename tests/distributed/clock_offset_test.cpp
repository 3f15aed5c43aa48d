#include "distributed/clock_offset.h"

#include <gtest/gtest.h>

#include "distributed/thread/thread_communicator.h"

namespace tutti {
namespace {

using std::chrono_literals::operator""s;

TEST(ClockOffset, OfOneClockIsNoneWithinItsBound) {
  run_ranks(
      3,
      [](Communicator& communicator) {
        const ClockOffset offset = measure_clock_offset(communicator);
        if (communicator.rank() == 0) {
          EXPECT_EQ(offset.offset, 0);
          EXPECT_EQ(offset.error, 0);
        } else {
          EXPECT_GT(offset.error, 0);
          EXPECT_LE(std::abs(offset.offset), offset.error);
          EXPECT_LT(offset.error, 1'000'000'000);
        }
      },
      30s);
}

TEST(ClockOffset, OfARankAloneIsNone) {
  run_ranks(1, [](Communicator& communicator) {
    EXPECT_EQ(measure_clock_offset(communicator).error, 0);
  });
}

TEST(Links, AreMeasuredAlikeOnAllRanks) {
  run_ranks(
      3,
      [](Communicator& communicator) {
        const auto links = measure_links(communicator, 1 << 20);
        ASSERT_EQ(links.size(), 3U);
        for (const LinkSpeed& link : links) {
          EXPECT_GT(link.latency, 0);
          EXPECT_LT(link.latency, 1);
          EXPECT_GT(link.bandwidth, 1e6);
        }
      },
      30s);
}

}  // namespace
}  // namespace tutti
