// What every registered pruner must keep, whatever trials do.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "core/base/random.h"
#include "tests/scheduler/pruners/registered_pruners.h"

namespace tutti::test {
namespace {

class Pruners : public testing::TestWithParam<PrunerExample> {
 protected:
  std::shared_ptr<Pruner> fresh() const { return make<Pruner>(GetParam().pruner); }
};

// A study on slots, its events drawn by `seed`: all that a pruner was asked, and what it said.
class Played {
 public:
  using Fresh = std::function<std::shared_ptr<Pruner>()>;
  Played(Fresh fresh, uint64_t seed, Direction direction)
      : fresh_(std::move(fresh)), kept_(fresh_()), random_(seed) {
    study.name = "played";
    study.directions = {direction};
  }

  void play(int trials) {
    while (begun_ < trials || !running_.empty()) {
      while (running_.size() < 3 && begin(trials)) {
      }
      if (running_.empty()) break;
      advance();
    }
  }

  StudyRecord study;
  std::vector<int64_t> said;

 private:
  Trial& trial(int64_t number) { return study.trials[static_cast<size_t>(number)]; }
  bool begin(int trials) {
    const auto promoted = kept_->promote(study);
    EXPECT_EQ(promoted, fresh_()->promote(study)) << "a new object promotes another";
    said.push_back(promoted.value_or(-1));
    if (promoted) {
      EXPECT_TRUE(trial(*promoted).suspended()) << *promoted;
      trial(*promoted).system_attributes[kSuspended] = false;
      running_.push_back(*promoted);
      return true;
    }
    if (begun_ == trials) return false;
    ++begun_;
    running_.push_back(static_cast<int64_t>(study.trials.size()));
    study.trials.emplace_back().number = running_.back();
    return true;
  }
  void advance() {
    const size_t at = random_.below(running_.size());
    const int64_t number = running_[at];
    Trial& one = trial(number);
    const int64_t step = one.last_step().value_or(0) + 1 + static_cast<int64_t>(random_.below(2));
    const bool fails = random_.below(50) == 0;
    const double loss = value(number, step);
    if (fails) return end(at, TrialState::failed);
    if (step > 20) return end(at, TrialState::complete);
    one.intermediate[step] = loss;
    const Verdict verdict = kept_->judge(study, one);
    EXPECT_EQ(verdict, kept_->judge(study, one)) << "it changed its mind";
    EXPECT_EQ(verdict, fresh_()->judge(study, one)) << "a new object judges otherwise";
    said.push_back(static_cast<int64_t>(verdict));
    if (verdict == Verdict::stop) end(at, TrialState::pruned);
    if (verdict == Verdict::pause) {
      one.system_attributes[kSuspended] = true;
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
  double value(int64_t number, int64_t step) {
    const uint64_t kind = random_.below(60);
    const double share = random_.uniform();
    if (kind == 0) return std::nan("");
    const double loss = kind == 1 ? INFINITY
                                  : Random(1, static_cast<uint64_t>(number)).uniform() +
                                        share / static_cast<double>(step);
    return loss_of(study.directions[0], loss);
  }
  void end(size_t at, TrialState state) {
    Trial& one = trial(running_[at]);
    one.state = state;
    if (state != TrialState::failed && !one.intermediate.empty() &&
        !std::isnan(one.intermediate.rbegin()->second))
      one.values = {one.intermediate.rbegin()->second};
    study.finished.push_back(one.number);
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  Fresh fresh_;
  std::shared_ptr<Pruner> kept_;
  Random random_;
  int begun_ = 0;
  std::vector<int64_t> running_;
};

TEST_P(Pruners, DecideFromTheRecordAlone) {
  for (uint64_t seed = 0; seed < 5; ++seed) {
    Played played([this] { return fresh(); }, seed, Direction::minimize);
    played.play(40);
    EXPECT_EQ(played.study.trials.size(), 40u);
    for (const Trial& trial : played.study.trials)
      EXPECT_TRUE(is_finished(trial.state) || trial.suspended()) << trial.number;
  }
}

TEST_P(Pruners, TreatBothDirectionsAlike) {
  Played down([this] { return fresh(); }, 3, Direction::minimize);
  Played up([] { return make<Pruner>(GetParam().mirrored); }, 3, Direction::maximize);
  down.play(40);
  up.play(40);
  EXPECT_EQ(down.said, up.said);
}

TEST_P(Pruners, LeaveTrialsThatReportedNothing) {
  Played played([this] { return fresh(); }, 4, Direction::minimize);
  const auto pruner = fresh();
  Trial& first = played.study.trials.emplace_back();
  EXPECT_EQ(pruner->judge(played.study, first), Verdict::go_on);
  EXPECT_EQ(pruner->promote(played.study), std::nullopt);
  first.state = TrialState::waiting;  // enqueued
  played.play(30);
  Trial silent;
  silent.number = static_cast<int64_t>(played.study.trials.size());
  played.study.trials.push_back(silent);
  EXPECT_EQ(pruner->judge(played.study, silent), Verdict::go_on);
}

TEST_P(Pruners, AreMadeFromTheirConfig) {
  const Config config = kind_config(*fresh());
  EXPECT_EQ(kind_config(*make<Pruner>(config)), config);
}

INSTANTIATE_TEST_SUITE_P(Registered, Pruners, testing::ValuesIn(examples_of_pruners()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace tutti::test
