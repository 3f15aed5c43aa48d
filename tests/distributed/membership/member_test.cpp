#include "distributed/membership/member.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/distributed/membership/find_action.h"

namespace tutti::membership {
namespace {

using std::chrono::milliseconds;

constexpr MemberId kId{4, 1};

Order order(uint64_t number, uint64_t acknowledged, Generation generation = 4) {
  auto world = std::make_shared<World>();
  world->generation = generation;
  return {9, kId, number, acknowledged, Directive::train, std::move(world), {}};
}
RankState state(Generation generation, int64_t step) {
  RankState state;
  state.generation = generation;
  state.progress.step = step;
  return state;
}

class MemberTest : public testing::Test {
 protected:
  using Actions = std::vector<Member::Action>;

  Actions at(int64_t time, const Member::Event& event = Member::Tick{}) {
    return member_.handle(milliseconds(time), event);
  }
  Member member_{{.job = 9, .id = kId}, milliseconds(0)};
};

TEST_F(MemberTest, ReportsAtOnceAndAtEachHeartbeat) {
  EXPECT_EQ(find_action<Report>(at(0))->number, 1u);
  EXPECT_EQ(find_action<Report>(at(500)), nullptr);
  EXPECT_EQ(find_action<Report>(at(1000))->number, 2u);
}

TEST_F(MemberTest, ReportsAtOnceToAJudgeThatItReachesAgain) {
  EXPECT_EQ(find_action<Report>(at(0, Member::Reached{}))->number, 1u);
  EXPECT_EQ(find_action<Report>(at(100)), nullptr);
  EXPECT_EQ(find_action<Report>(at(200, Member::Reached{}))->number, 2u);
  EXPECT_EQ(find_action<Report>(at(1100)), nullptr);
}

TEST_F(MemberTest, StartsItsRankOnceAndMovesItInPlace) {
  at(0);
  EXPECT_TRUE(find_action<Member::Enter>(at(10, order(1, 1)))->start);
  EXPECT_EQ(find_action<Member::Enter>(at(20, order(2, 1))), nullptr);
  EXPECT_FALSE(find_action<Member::Enter>(at(30, order(3, 1, 6)))->start);
}

TEST_F(MemberTest, HearsNoOldAndNoStrangeOrder) {
  at(0);
  at(10, order(5, 1, 6));
  EXPECT_TRUE(at(20, order(4, 1, 7)).empty());
  Order other_job = order(6, 1, 7), other_member = order(6, 1, 7);
  other_job.job = 8;
  other_member.member.rank = 2;
  EXPECT_TRUE(at(30, other_job).empty());
  EXPECT_TRUE(at(40, other_member).empty());
}

TEST_F(MemberTest, AStateOfAnOlderWorldIsNotReported) {
  at(0);
  at(10, order(1, 1));
  at(20, order(2, 1, 6));
  at(30, state(4, 77));
  EXPECT_EQ(find_action<Report>(at(1100))->rank.progress.step, 0);
  at(1200, state(6, 78));
  EXPECT_EQ(find_action<Report>(at(2200))->rank.progress.step, 78);
}

TEST_F(MemberTest, TheLeaseCountsFromTheReportThatIsAcknowledged) {
  at(0);
  at(10, order(1, 1));
  for (int time = 500; time <= 6500; time += 500) at(time);
  EXPECT_EQ(member_.lease_left(), milliseconds(500));
  at(6600, order(2, 3));  // sent at 2000; later ones are not acknowledged
  EXPECT_EQ(member_.lease_left(), milliseconds(2000 + 7000 - 6600));
  EXPECT_EQ(find_action<Member::KillRank>(at(8999)), nullptr);
  EXPECT_NE(find_action<Member::KillRank>(at(9000)), nullptr);
  EXPECT_NE(find_action<Member::KillRank>(at(9100, order(3, 9))), nullptr) << "too late";
  const Actions end = at(9200, Member::RankEnded{{true, 9}, {}});
  EXPECT_TRUE(find_action<Member::Leave>(end)->by_signal);
  EXPECT_TRUE(find_action<Report>(end)->exit.has_value());
  EXPECT_TRUE(at(9300).empty());
}

TEST_F(MemberTest, WhoWasStoppedForLongerThanItsLeaseEnds) {
  at(0);
  at(10, order(1, 1));
  EXPECT_NE(find_action<Member::KillRank>(at(30'000, order(2, 1))), nullptr);
}

TEST_F(MemberTest, AStoppedRankIsReportedAndAStartingOneIsNot) {
  at(0);
  at(10, order(1, 1));
  EXPECT_EQ(find_action<Report>(at(1010))->silent, milliseconds(0)) << "it has not spoken yet";
  at(1500, state(4, 1));
  EXPECT_EQ(find_action<Report>(at(2500))->silent, milliseconds(1000));
}

TEST_F(MemberTest, AClockThatJumpsMakesNoRankSilent) {
  at(0);
  at(10, order(1, 1));
  at(100, state(4, 1));
  EXPECT_LE(find_action<Report>(at(6000))->silent, milliseconds(1000));
}

TEST_F(MemberTest, ARankThatCannotBeKilledIsNotWaitedForForever) {
  at(0);
  at(10, order(1, 1));
  Order kill = order(2, 1);
  kill.directive = Directive::kill;
  EXPECT_NE(find_action<Member::KillRank>(at(100, kill)), nullptr);
  EXPECT_EQ(find_action<Member::Leave>(at(2000)), nullptr);
  const Actions end = at(2100);
  EXPECT_NE(find_action<Member::KillRank>(end), nullptr);
  EXPECT_TRUE(find_action<Report>(end)->exit.has_value());
  EXPECT_TRUE(find_action<Member::Leave>(end)->by_signal);
}

TEST_F(MemberTest, TheLastStateOfARankIsThatOfItsEnd) {
  at(0);
  at(10, order(1, 1));
  const Actions end = at(20, Member::RankEnded{{true, 11}, state(4, 31)});
  EXPECT_EQ(find_action<Report>(end)->rank.progress.step, 31);
  EXPECT_TRUE(find_action<Member::Leave>(end)->by_signal);
}

TEST_F(MemberTest, AnExpectedEndIsNoSignal) {
  at(0);
  Order finish = order(1, 1);
  at(10, finish);
  finish.number = 2;
  finish.directive = Directive::finish;
  EXPECT_EQ(find_action<Member::Tell>(at(20, finish))->directive, Directive::finish);
  EXPECT_FALSE(find_action<Member::Leave>(at(30, Member::RankEnded{{false, 0}, {}}))->by_signal);
}

TEST_F(MemberTest, KilledBeforeItsRankIsStartedItJustLeaves) {
  at(0);
  Order kill = order(1, 1);
  kill.directive = Directive::kill;
  kill.world = nullptr;
  EXPECT_NE(find_action<Member::Leave>(at(10, kill)), nullptr);
}

}  // namespace
}  // namespace tutti::membership
