#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "distributed/membership/judge.h"
#include "tests/distributed/membership/find_action.h"

namespace tutti::membership {

// A judge and the reports of members that do as they are told.
class JudgeTest : public testing::Test {
 protected:
  using Actions = std::vector<Judge::Action>;

  JudgeOptions options_{.job = 9, .ranks = 3, .min_ranks = 2, .max_ranks = 4, .in_place = true};
  std::optional<Judge> judge_;
  int64_t time_ = 0;
  uint64_t reports_ = 0;

  Actions give(const Judge::Event& event) {
    return judge_->handle(std::chrono::milliseconds(time_), event);
  }
  void pass(int64_t time) {
    for (const int64_t end = time_ + time; time_ < end; time_ += 500) give(Judge::Tick{});
  }
  void start() {
    judge_.emplace(options_, std::vector<HostSpec>{{"a", 1}, {"b", 1}, {"c", 1}},
                   std::chrono::milliseconds(0));
    const Actions actions = give(Judge::Tick{});
    ASSERT_NE(find_action<Judge::Start>(actions), nullptr);
    all_report(0);
  }
  MemberId member(int rank) { return judge_->world()->seats[rank].member; }
  RankState at_step(int64_t step) {
    RankState state;
    state.generation = judge_->generation();
    state.ready = true;
    state.progress.step = step;
    return state;
  }
  Report report(MemberId member, const RankState& state) {
    Report report;
    report.job = 9;
    report.member = member;
    report.number = ++reports_;
    report.boot = 1;
    report.rank = state;
    return report;
  }
  void all_report(int64_t step) {
    for (size_t rank = 0; rank < judge_->world()->seats.size(); ++rank)
      give(report(member(static_cast<int>(rank)), at_step(step)));
  }
  Actions commit(int64_t step, uint64_t number = 1) {
    Actions last;
    const auto ranks = static_cast<int>(judge_->world()->seats.size());
    for (int rank = 0; rank < ranks; ++rank) {
      RankState state = at_step(step);
      state.commit = {number, step, static_cast<int>(number % 2), true, true, false};
      last = give(report(member(rank), state));
    }
    return last;
  }
  Actions end(MemberId member, Exit exit, int64_t step) {
    Report last = report(member, at_step(step));
    last.exit = exit;
    return give(last);
  }
};

}  // namespace tutti::membership
