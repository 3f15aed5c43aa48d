#include "distributed/membership/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/distributed/membership/judge_fixture.h"

namespace tutti::membership {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

TEST(Failure, OfMemoryThatHasNoRoomSaysWhereToLook) {
  EXPECT_EQ(words_of({.by_signal = true, .code = SIGBUS}),
            "ended by signal 7 (Bus error, as where /dev/shm is full)");
  EXPECT_EQ(words_of({.by_signal = true, .code = SIGKILL}), "ended by signal 9 (Killed)");
}

TEST_F(JudgeTest, ACommitIsTheWorldsOwn) {
  start();
  RankState old = at_step(10);
  old.generation = 0;
  old.commit = {1, 10, 0, true, true, false};
  for (int rank = 0; rank < 3; ++rank) give(report(member(rank), old));
  EXPECT_FALSE(judge_->kept());
  const Actions decided = commit(10);
  EXPECT_EQ(judge_->kept()->step, 10);
  EXPECT_EQ(find_action<Order>(decided)->decision, (Decision{1, true}));
}

TEST_F(JudgeTest, SurvivorsShrinkInPlaceToTheCommit) {
  start();
  commit(10);
  const MemberId lost = member(1);
  const Actions actions = end(lost, {true, 9}, 14);
  EXPECT_EQ(judge_->generation(), 2u);
  EXPECT_EQ(judge_->world()->commit->step, 10);
  EXPECT_THAT(judge_->world()->read_at, testing::ElementsAre("a", "c", "c"));
  EXPECT_EQ(find_action<Order>(actions)->world->generation, 2u);
  EXPECT_EQ(find_action<Judge::Start>(actions), nullptr);
  // Woken late, the lost one is fenced.
  EXPECT_EQ(find_action<Order>(give(report(lost, at_step(99))))->directive, Directive::kill);
}

TEST_F(JudgeTest, WhoIsKnownToBeGoneIsNotWaitedFor) {
  start();
  commit(10);
  give(Judge::Gone{member(2)});
  EXPECT_EQ(judge_->generation(), 2u);
  EXPECT_EQ(judge_->world()->seats.size(), 2u);
}

TEST_F(JudgeTest, WithoutFaultToleranceTheWorldIsStartedAgainWhenAllAreGone) {
  options_.in_place = false;
  start();
  commit(10);
  const std::vector<MemberId> members = {member(0), member(1), member(2)};
  EXPECT_EQ(find_action<Order>(end(members[1], {true, 9}, 14))->directive, Directive::kill);
  EXPECT_EQ(find_action<Judge::Start>(end(members[0], {true, 9}, 14)), nullptr);
  const Actions actions = end(members[2], {true, 9}, 14);
  EXPECT_EQ(find_action<Judge::EndWorld>(actions)->started, 1u);
  EXPECT_EQ(find_action<Judge::Start>(actions)->world->commit->step, 10);
  EXPECT_EQ(find_action<Judge::Start>(actions)->world->seats.size(), 3u);
}

TEST_F(JudgeTest, AStoppedRankIsEvictedAndItsDeathIsWaitedFor) {
  start();
  commit(10);
  Report stopped = report(member(2), at_step(12));
  stopped.silent = milliseconds(4999);
  EXPECT_EQ(find_action<Order>(give(stopped))->directive, Directive::train);
  stopped.number = ++reports_;
  stopped.silent = milliseconds(5000);
  const Actions evicted = give(stopped);
  EXPECT_THAT(find_action<Judge::Say>(evicted)->line,
              "[world 1] rank 2 on c has stopped at step 12");
  EXPECT_EQ(judge_->generation(), 1u) << "its death is not confirmed";
  end(stopped.member, {true, 9}, 12);
  EXPECT_EQ(judge_->generation(), 2u);
}

TEST_F(JudgeTest, WhoIsToldToEndAndSpeaksOnIsNotWaitedForForever) {
  start();
  commit(10);
  const MemberId odd = member(2);
  Report stopped = report(odd, at_step(12));
  stopped.silent = milliseconds(5000);
  give(stopped);
  for (int64_t time = 0; time < 9000; time += 500) {
    EXPECT_EQ(judge_->generation(), 1u) << time;
    for (int rank = 0; rank < 3; ++rank) give(report(member(rank), at_step(12)));
    pass(500);
  }
  // MPI may not know that it is gone: the others cannot be asked to shrink.
  EXPECT_EQ(find_action<Order>(give(Judge::Tick{}))->directive, Directive::kill);
  const std::vector<MemberId> left = {member(0), member(1)};
  end(left[0], {true, 9}, 12);
  end(left[1], {true, 9}, 12);
  pass(5500);  // for the lost host, which may come back with what it holds
  EXPECT_EQ(judge_->generation(), 2u);
  EXPECT_EQ(judge_->world()->seats.size(), 2u);
}

TEST_F(JudgeTest, AHangNamesWhoIsStuckAndWhoWaits) {
  start();
  for (int64_t time = 0; time < 60'000; time += 1000) {
    for (int rank = 0; rank < 3; ++rank) {
      RankState state = at_step(7);
      state.progress.waiting = rank != 1;
      state.progress.where = rank == 1 ? "train.csv" : "all_gather";
      const Actions actions = give(report(member(rank), state));
      ASSERT_EQ(find_action<Judge::Say>(actions), nullptr) << time;
    }
    pass(1000);
  }
  const Actions actions = give(Judge::Tick{});
  EXPECT_THAT(find_action<Judge::Say>(actions)->line,
              "[world 1] rank 1 on b is stuck in train.csv at step 7 for 60 s; ranks 0, 2 wait");
}

TEST_F(JudgeTest, AJudgeThatWasStoppedBlamesNobody) {
  start();
  time_ += 3'600'000;
  EXPECT_EQ(find_action<Judge::Say>(give(Judge::Tick{})), nullptr);
  time_ -= 7'200'000;
  EXPECT_EQ(find_action<Judge::Say>(give(Judge::Tick{})), nullptr);
}

TEST_F(JudgeTest, WhatARankSaysAboutTheJobEndsIt) {
  start();
  end(member(0), {false, 4}, 3);
  end(member(1), {true, 9}, 3);
  const Actions actions = end(member(2), {true, 9}, 3);
  const Verdict& verdict = find_action<Judge::End>(actions)->verdict;
  EXPECT_EQ(verdict.outcome, Outcome::job_failed);
  EXPECT_EQ(verdict.exit, (Exit{false, 4}));
  EXPECT_EQ(verdict.words, "rank 0 on a ended with exit code 4 at step 3");
}

TEST_F(JudgeTest, TheReasonIsFoundBehindItsConsequences) {
  options_.in_place = false;
  for (int round = 0; round < 2; ++round) {
    if (round == 0)
      start();
    else
      all_report(0);
    const std::vector<MemberId> members = {member(0), member(1), member(2)};
    end(members[0], {false, 7}, 5);  // lost its peer
    end(members[1], {true, 15}, 5);  // ended by mpirun
    const Actions actions = end(members[2], {true, 11}, 5);
    if (round == 0) continue;
    EXPECT_EQ(find_action<Judge::End>(actions)->verdict.outcome, Outcome::repeated_failure);
    EXPECT_EQ(find_action<Judge::End>(actions)->verdict.words,
              "rank 2 on c ended by signal 11 (Segmentation fault) at step 5, as before");
  }
}

TEST_F(JudgeTest, TheReasonIsToldFirstAndItsConsequencesInOneLine) {
  options_.in_place = false;
  start();
  const std::vector<MemberId> members = {member(0), member(1), member(2)};
  EXPECT_EQ(find_action<Judge::Say>(end(members[0], {false, 7}, 5)), nullptr);
  EXPECT_EQ(find_action<Judge::Say>(end(members[2], {true, 11}, 5))->line,
            "[world 1] rank 2 on c ended by signal 11 (Segmentation fault) at step 5");
  std::vector<std::string> lines;
  for (const Judge::Action& action : end(members[1], {true, 15}, 5))
    if (const auto* say = std::get_if<Judge::Say>(&action)) lines.push_back(say->line);
  EXPECT_THAT(lines, testing::ElementsAre("[world 1] ranks 0, 1 ended because of it",
                                          "[world 2] 3 ranks, from disk or the beginning"));
}

TEST_F(JudgeTest, AConsequenceIsToldWhereNoReasonIsKnown) {
  options_.in_place = false;
  start();
  const std::vector<MemberId> members = {member(0), member(1), member(2)};
  EXPECT_EQ(find_action<Judge::Say>(end(members[1], {false, 7}, 5)), nullptr);
  end(members[0], {true, 9}, 5);
  std::vector<std::string> lines;
  for (const Judge::Action& action : end(members[2], {true, 9}, 5))
    if (const auto* say = std::get_if<Judge::Say>(&action)) lines.push_back(say->line);
  EXPECT_EQ(lines.front(), "[world 1] rank 1 on b ended with exit code 7 at step 5");
}

TEST_F(JudgeTest, KillsFromOutsideMayFallOnOneStep) {
  options_.in_place = false;
  start();
  for (int round = 0; round < 5; ++round) {
    const std::vector<MemberId> members = {member(0), member(1), member(2)};
    for (const MemberId& member : members) end(member, {true, 9}, 5);
    EXPECT_EQ(judge_->phase(), Judge::Phase::running);
    all_report(0);
  }
}

TEST_F(JudgeTest, RestartsAreCounted) {
  options_.in_place = false;
  options_.restarts = 1;
  start();
  for (int round = 0; round < 2; ++round) {
    if (round > 0) all_report(0);
    const std::vector<MemberId> members = {member(0), member(1), member(2)};
    end(members[0], {true, 9}, 5);
    end(members[1], {true, 9}, 5);
    const Actions actions = end(members[2], {true, 9}, 5);
    EXPECT_EQ(find_action<Judge::End>(actions) != nullptr, round == 1);
  }
  EXPECT_EQ(judge_->phase(), Judge::Phase::ended);
}

TEST_F(JudgeTest, WithTooFewHostsItWaitsAndThenSaysSo) {
  options_.in_place = false;
  start();
  give(Judge::HostsListed{{{"a", 1}}});
  const std::vector<MemberId> members = {member(0), member(1), member(2)};
  for (const MemberId& member : members) end(member, {true, 9}, 5);
  EXPECT_EQ(judge_->phase(), Judge::Phase::waiting);
  pass(options_.wait.count() - 1000);
  EXPECT_EQ(judge_->phase(), Judge::Phase::waiting);
  time_ += 1000;
  give(Judge::Tick{});
  const Actions actions = give(Judge::Tick{});
  pass(2000);
  EXPECT_EQ(judge_->phase(), Judge::Phase::ended);
}

TEST_F(JudgeTest, ASizeIsChangedAtACommitAlone) {
  start();
  EXPECT_THAT(find_action<Judge::Say>(give(Judge::Resize{5}))->line,
              HasSubstr("not within 2 to 4"));
  give(Judge::Resize{2});
  all_report(9);
  EXPECT_EQ(judge_->phase(), Judge::Phase::running);
  const std::vector<MemberId> members = {member(0), member(1), member(2)};
  commit(10);
  EXPECT_EQ(judge_->phase(), Judge::Phase::clearing);
  end(members[0], {true, 9}, 10);
  end(members[1], {true, 9}, 10);
  const Actions actions = end(members[2], {true, 9}, 10);
  EXPECT_EQ(find_action<Judge::Start>(actions)->world->seats.size(), 2u);
  EXPECT_EQ(find_action<Judge::Start>(actions)->world->commit->step, 10);
  EXPECT_THAT(find_action<Judge::Start>(actions)->world->read_at,
              testing::ElementsAre("a", "b", "c"));
}

TEST_F(JudgeTest, AStateThatCannotBeTrustedTakesAllBackInPlace) {
  options_.in_place = false;  // nobody is lost: no fault tolerance is needed
  start();
  commit(10);
  RankState corrupt = at_step(13);
  corrupt.corrupt = "dense/kernel fails its checksum";
  const Actions actions = give(report(member(1), corrupt));
  EXPECT_EQ(judge_->generation(), 2u);
  EXPECT_EQ(judge_->world()->seats.size(), 3u);
  EXPECT_EQ(judge_->world()->commit->step, 10);
}

TEST_F(JudgeTest, DoneIsWhenAllWroteTheSame) {
  start();
  RankState last = at_step(100);
  last.final_state = 5;
  give(report(member(0), last));
  give(report(member(1), last));
  EXPECT_EQ(judge_->phase(), Judge::Phase::running);
  const std::vector<MemberId> members = {member(0), member(1), member(2)};
  EXPECT_EQ(find_action<Order>(give(report(members[2], last)))->directive, Directive::finish);
  end(members[0], {false, 0}, 100);
  end(members[1], {false, 0}, 100);
  EXPECT_EQ(find_action<Judge::End>(end(members[2], {false, 0}, 100))->verdict.outcome,
            Outcome::done);
}

TEST_F(JudgeTest, RanksThatDisagreeAboutTheEndAreNotDone) {
  start();
  const std::vector<MemberId> members = {member(0), member(1), member(2)};
  RankState last = at_step(100);
  for (uint64_t digest : {5, 5, 6}) {
    last.final_state = digest;
    give(report(members[digest == 6 ? 2 : reports_ % 2], last));
  }
  for (const MemberId& member : members) end(member, {true, 9}, 100);
  EXPECT_EQ(judge_->phase(), Judge::Phase::ended);
}

TEST_F(JudgeTest, AnEarlyEndIsAFailure) {
  start();
  commit(10);
  end(member(2), {false, 0}, 12);
  EXPECT_EQ(judge_->generation(), 2u);
}

// Schedulers signal the processes of all ranks; the first that ends may be the end of others.
TEST_F(JudgeTest, RanksThatWereAskedToStopStopTheJob) {
  start();
  commit(10);
  const std::vector<MemberId> members = {member(0), member(1), member(2)};
  end(members[1], {true, 9}, 20);
  end(members[0], {false, 10}, 20);
  const Actions actions = end(members[2], {true, 9}, 20);
  ASSERT_NE(find_action<Judge::End>(actions), nullptr);
  EXPECT_EQ(find_action<Judge::End>(actions)->verdict.outcome, Outcome::stopped);
  EXPECT_THAT(find_action<Judge::End>(actions)->verdict.words,
              testing::StartsWith("rank 0 on a was asked to stop"));
}

TEST_F(JudgeTest, WhoIsLostInTheGraceOfAStopIsNotReplaced) {
  for (const bool in_place : {false, true}) {
    options_.in_place = in_place;
    start();
    commit(10);
    const std::vector<MemberId> members = {member(0), member(1), member(2)};
    give(Judge::Stop{"SIGTERM"});
    end(members[0], {true, 9}, 20);
    give(Judge::WorldEnded{1, "mpirun killed by signal 15"});
    end(members[1], {false, 10}, 20);
    const Actions actions = end(members[2], {true, 15}, 20);
    EXPECT_EQ(judge_->generation(), 1u);
    EXPECT_EQ(find_action<Judge::End>(actions)->verdict.outcome, Outcome::stopped);
  }
}

TEST_F(JudgeTest, StopLetsRanksWriteAndThenEndsThem) {
  start();
  const std::vector<MemberId> members = {member(0), member(1), member(2)};
  EXPECT_EQ(find_action<Order>(give(Judge::Stop{"SIGTERM"}))->directive, Directive::stop);
  end(members[0], {false, 0}, 20);
  end(members[1], {false, 0}, 20);
  for (int64_t time = 0; time < 20'000; time += 1000) {
    give(report(members[2], at_step(20)));
    pass(1000);
  }
  EXPECT_EQ(find_action<Order>(give(Judge::Tick{}))->directive, Directive::kill);
  const Actions actions = end(members[2], {true, 9}, 20);
  EXPECT_EQ(find_action<Judge::End>(actions)->verdict.outcome, Outcome::stopped);
  EXPECT_EQ(find_action<Judge::End>(actions)->verdict.words, "SIGTERM");
}

// The last step was done before the word came: nothing is left to save or to go on with.
TEST_F(JudgeTest, AStopThatComesWhenAllIsTrainedLetsTheJobBeDone) {
  start();
  give(Judge::Stop{"SIGTERM"});
  RankState last = at_step(100);
  last.final_state = 5;
  for (int rank = 0; rank < 3; ++rank) {
    const Actions actions = give(report(member(rank), last));
    if (rank == 2) {
      EXPECT_EQ(find_action<Order>(actions)->directive, Directive::finish);
    }
  }
  for (int rank = 0; rank < 2; ++rank) end(member(rank), {false, 0}, 100);
  const Actions actions = end(member(2), {false, 0}, 100);
  ASSERT_NE(find_action<Judge::End>(actions), nullptr);
  EXPECT_EQ(find_action<Judge::End>(actions)->verdict.outcome, Outcome::done);
}

}  // namespace
}  // namespace tutti::membership
