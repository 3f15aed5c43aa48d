// Starts of worlds that do not go well.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/distributed/membership/judge_fixture.h"

namespace tutti::membership {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

class JudgeStart : public JudgeTest {};

TEST_F(JudgeStart, AHostThatIsCutOffBeforeItHadStartedIsFoundByAProbe) {
  options_.in_place = false;
  judge_.emplace(options_, std::vector<HostSpec>{{"a", 1}, {"b", 1}, {"c", 1}}, milliseconds(0));
  give(Judge::Tick{});
  const std::vector<MemberId> members = {member(0), member(1), member(2)};
  for (; time_ < 5000; time_ += 500) {
    for (const int there : {0, 2}) give(report(members[there], {}));
    EXPECT_EQ(find_action<Judge::Probe>(give(Judge::Tick{})), nullptr) << time_;
  }
  EXPECT_EQ(find_action<Judge::Probe>(give(Judge::Tick{}))->host, "b");
  EXPECT_EQ(find_action<Judge::Probe>(give(Judge::Tick{})), nullptr) << "once";
  EXPECT_EQ(find_action<Judge::Say>(give(Judge::Probed{"c", false, 0})), nullptr) << "was heard";
  EXPECT_EQ(find_action<Judge::Say>(give(Judge::Probed{"b", false, 0}))->line,
            "[world 1] rank 1 on b cannot be reached at step 0, before it had started");
  end(members[0], {true, 9}, 0);
  const auto start = find_action<Judge::Start>(end(members[2], {true, 9}, 0))->world;
  EXPECT_THAT(start->seats, testing::ElementsAre(Seat{{2, 0}, "a"}, Seat{{2, 1}, "c"}));
}

// mpirun starts nothing anywhere until it has reached all hosts.
TEST_F(JudgeStart, AStartThatHangsIsTheFaultOfHostsThatAloneCannotBeReached) {
  options_.min_ranks = 1;
  judge_.emplace(options_, std::vector<HostSpec>{{"a", 1}, {"b", 1}, {"c", 1}}, milliseconds(0));
  give(Judge::Tick{});
  pass(5000);
  std::vector<std::string> probed;
  for (const Judge::Action& action : give(Judge::Tick{}))
    if (const auto* probe = std::get_if<Judge::Probe>(&action)) probed.push_back(probe->host);
  EXPECT_THAT(probed, testing::ElementsAre("a", "b", "c"));
  give(Judge::Probed{"a", false, 0});
  EXPECT_EQ(find_action<Judge::Say>(give(Judge::Probed{"b", false, 0})), nullptr) << "no host is";
  const Actions actions = give(Judge::Probed{"c", true, 1});
  EXPECT_THAT(find_action<Judge::Start>(actions)->world->seats,
              testing::ElementsAre(Seat{{2, 0}, "c"}));
}

TEST_F(JudgeStart, ThatItWaitsForHostsIsSaidOnce) {
  options_.ranks = options_.min_ranks = 3;
  options_.wait = milliseconds(20'000);
  judge_.emplace(options_, std::vector<HostSpec>{{"a", 1}, {"b", 1}}, milliseconds(0));
  std::vector<std::string> said;
  for (; time_ < 19'000; time_ += 500)
    for (const Judge::Action& action : give(Judge::Tick{}))
      if (const auto* say = std::get_if<Judge::Say>(&action)) said.push_back(say->line);
  EXPECT_THAT(said, testing::ElementsAre("[launch] hosts for 2 ranks are left, at least 3 are "
                                         "wanted: more are waited for, 20 s at most"));
}

TEST_F(JudgeStart, AfterAStartThatFailedTheAnswersOfAllHostsAreAwaited) {
  options_.in_place = false;
  judge_.emplace(options_, std::vector<HostSpec>{{"a", 1}, {"b", 1}, {"c", 1}}, milliseconds(0));
  give(Judge::Tick{});
  give(Judge::WorldEnded{1, "no route to b"});
  EXPECT_NE(find_action<Judge::Probe>(give(Judge::Tick{})), nullptr);
  give(Judge::Probed{"a", true, 1});
  give(Judge::Probed{"c", true, 1});
  EXPECT_EQ(judge_->generation(), 1u);
  const Actions actions = give(Judge::Probed{"b", false, 0});
  std::vector<std::string> said;
  for (const Judge::Action& action : actions)
    if (const auto* say = std::get_if<Judge::Say>(&action)) said.push_back(say->line);
  EXPECT_THAT(said, testing::ElementsAre(
                        "[launch] no process can be started on b: it is left out until one can",
                        "[world 2] 2 ranks, from disk or the beginning"));
  EXPECT_THAT(find_action<Judge::Start>(actions)->world->seats,
              testing::ElementsAre(Seat{{2, 0}, "a"}, Seat{{2, 1}, "c"}));
}

TEST_F(JudgeStart, AStartThatFailsTwiceIsTheVerdict) {
  judge_.emplace(options_, std::vector<HostSpec>{{"a", 3}}, milliseconds(0));
  give(Judge::Tick{});
  give(Judge::WorldEnded{1, "mpirun: not found"});
  EXPECT_EQ(judge_->phase(), Judge::Phase::waiting);
  pass(3000);
  give(Judge::Probed{"a", true, 1});
  EXPECT_EQ(judge_->generation(), 2u);
  const Actions actions = give(Judge::WorldEnded{2, "mpirun: not found"});
  EXPECT_THAT(find_action<Judge::End>(actions)->verdict.words,
              HasSubstr("mpirun: not found, as before"));
}

TEST_F(JudgeStart, AStartThatFailsAfterOneThatWentWellIsTriedAgain) {
  options_.in_place = false;
  judge_.emplace(options_, std::vector<HostSpec>{{"a", 3}}, milliseconds(0));
  give(Judge::Tick{});
  give(Judge::WorldEnded{1, "no route to a"});
  pass(3000);
  give(Judge::Probed{"a", true, 1});
  all_report(1);
  for (int rank = 0; rank < 3; ++rank) {
    Report ended = report({2, rank}, at_step(1));
    ended.exit = Exit{.by_signal = true, .code = SIGKILL};
    give(ended);
  }
  EXPECT_EQ(judge_->generation(), 3u);
  EXPECT_EQ(find_action<Judge::End>(give(Judge::WorldEnded{3, "no route to a"})), nullptr);
  EXPECT_EQ(judge_->phase(), Judge::Phase::waiting);
}

}  // namespace
}  // namespace tutti::membership
