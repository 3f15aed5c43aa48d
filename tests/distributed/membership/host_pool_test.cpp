#include "distributed/membership/host_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::membership {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

HostPool two_hosts() {
  return HostPool({{"a", 2}, {"b", 2}},
                  {.first = seconds(2), .longest = seconds(6), .probe = seconds(10)});
}

TEST(HostPool, SeatsFillHostAfterHost) {
  const HostPool pool = two_hosts();
  EXPECT_THAT(pool.seats(3, {}), ElementsAre("a", "a", "b"));
  EXPECT_THAT(pool.seats(9, {}), ElementsAre("a", "a", "b", "b"));
}

TEST(HostPool, HoldersOfACommitComeFirst) {
  HostPool pool = two_hosts();
  pool.heard("b", 5);
  const Commit commit{1, 1, 10, 0, {{{"b", 5}, {"b", 5}}}};
  EXPECT_THAT(pool.seats(3, commit), ElementsAre("b", "b", "a"));
}

TEST(HostPool, AFailedHostIsProbedAfterACoolDownThatDoubles) {
  HostPool pool = two_hosts();
  pool.failed("a", seconds(100));
  EXPECT_THAT(pool.seats(4, {}), ElementsAre("b", "b"));
  EXPECT_THAT(pool.due(seconds(101)), IsEmpty());
  EXPECT_THAT(pool.due(seconds(102)), ElementsAre("a"));
  EXPECT_TRUE(pool.probed("a", false, 0, seconds(103)));
  EXPECT_THAT(pool.due(seconds(106)), IsEmpty());
  EXPECT_THAT(pool.due(seconds(107)), ElementsAre("a"));
  EXPECT_THAT(pool.due(seconds(117)), IsEmpty()) << "the probe was not answered";
  EXPECT_THAT(pool.due(seconds(122)), IsEmpty());
  EXPECT_THAT(pool.due(seconds(123)), ElementsAre("a")) << "the longest cool-down";
  pool.probed("a", true, 1, seconds(124));
  EXPECT_THAT(pool.seats(4, {}), ElementsAre("a", "a", "b", "b"));
  pool.proven("a");
  pool.failed("a", seconds(200));
  EXPECT_THAT(pool.due(seconds(202)), ElementsAre("a")) << "a commit clears the record";
}

TEST(HostPool, AHostInDoubtIsProbedAtOnceAndItsAnswerAwaited) {
  HostPool pool = two_hosts();
  EXPECT_FALSE(pool.answer_awaited(seconds(100)));
  pool.doubt("a", seconds(100));
  EXPECT_THAT(pool.seats(4, {}), ElementsAre("b", "b"));
  EXPECT_TRUE(pool.answer_awaited(seconds(100)));
  EXPECT_THAT(pool.due(seconds(100)), ElementsAre("a"));
  EXPECT_TRUE(pool.answer_awaited(seconds(100)));
  EXPECT_TRUE(pool.probed("a", false, 0, seconds(101))) ;
  EXPECT_THAT(pool.due(seconds(102)), IsEmpty());
  EXPECT_THAT(pool.due(seconds(103)), ElementsAre("a"));
  EXPECT_FALSE(pool.answer_awaited(seconds(103))) << "it failed before";
}

TEST(HostPool, MemoryIsThatOfABoot) {
  HostPool pool = two_hosts();
  pool.heard("a", 5);
  EXPECT_TRUE(pool.holds({"a", 5}));
  EXPECT_FALSE(pool.holds({"a", 4}));
  pool.failed("a", seconds(1));
  EXPECT_FALSE(pool.holds({"a", 5}));
  EXPECT_TRUE(pool.may_hold({"a", 5}));
  EXPECT_THAT(pool.due(seconds(4)), ElementsAre("a"));
  pool.probed("a", true, 6, seconds(5));
  EXPECT_FALSE(pool.may_hold({"a", 5})) << "it was started again";
}

TEST(HostPool, HostsComeAndGoByTheList) {
  HostPool pool = two_hosts();
  pool.list({{"b", 1}, {"c", 3}}, seconds(1));
  EXPECT_FALSE(pool.listed("a"));
  EXPECT_THAT(pool.seats(9, {}), ElementsAre("b")) << "a new host is probed first";
  EXPECT_THAT(pool.due(seconds(1)), ElementsAre("c"));
  pool.probed("c", true, 1, seconds(2));
  EXPECT_THAT(pool.seats(9, {}), ElementsAre("b", "c", "c", "c"));
}

}  // namespace
}  // namespace tutti::membership
