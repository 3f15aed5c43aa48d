#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/random.h"
#include "scheduler/pruners/hyperband.h"
#include "scheduler/pruners/successive_halving.h"
#include "tests/io/error_check.h"

namespace tutti::test {
namespace {

StudyRecord study_of(std::string name, Direction direction = Direction::minimize) {
  StudyRecord study;
  study.name = std::move(name);
  study.directions = {direction};
  return study;
}

TEST(PrunerErrors, AreOneClearLine) {
  using Pieces = std::vector<std::string>;
  const std::vector<std::pair<Config, Pieces>> faults = {
      {Config::Map{{"Percentile", Config::Map{{"percentile", 120.0}}}},
       {"[Percentile] percentile is 120; use 0 to 100"}},
      {Config("Percentile"), {"percentile"}},
      {Config::Map{{"Median", Config::Map{{"interval_steps", 0}}}},
       {"[Median] interval_steps is 0; use 1 or more"}},
      {Config::Map{{"Median", Config::Map{{"n_warmup", 1}}}}, {"n_warmup_steps"}},
      {Config::Map{{"ASHA", Config::Map{{"min_resource", "many"}}}}, {"\"auto\""}},
      {Config::Map{{"ASHA", Config::Map{{"min_resource", 0}}}}, {"min_resource is 0"}},
      {Config::Map{{"ASHA", Config::Map{{"reduction_factor", 1}}}}, {"use 2 or more"}},
      {Config::Map{{"ASHA", Config::Map{{"bootstrap_count", 1}}}}, {"give a number"}},
      {Config::Map{{"ASHA", Config::Map{{"max_resource", 9}}}}, {"set promotion"}},
      {Config::Map{{"Hyperband", Config::Map{{"min_resource", 9}, {"max_resource", 3}}}},
       {"[Hyperband] max_resource is 3"}},
      {Config::Map{{"Hyperband", Config::Map{{"bootstrap_count", 3}}}}, {"give a number"}},
      {Config("Threshold"), {"give lower or upper"}},
      {Config(Config::Map{{"Threshold", Config(Config::Map{{"lower", std::nan("")}})}}),
       {"a bound is not a number"}},
      {Config::Map{{"Patient", Config::Map{{"patience", -1}}}}, {"use 0 or more"}},
      {Config("Hyperbond"), {"Hyperband"}}};
  for (const auto& fault : faults)
    EXPECT_TRUE(throws_with([&] { make<Pruner>(fault.first); }, fault.second)) << fault.second[0];
}

TEST(HyperbandBrackets, AreCountedInIntegers) {
  const Hyperband by_three;
  for (const auto& [max, brackets] :
       std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {2, 1}, {3, 2}, {80, 4}, {81, 5}, {243, 6}})
    EXPECT_EQ(by_three.brackets(max), brackets) << max;
}

TEST(HyperbandBrackets, AreFilledInTurn) {
  std::vector<int64_t> ends;  // numbers at which another bracket is next
  Trial trial;
  for (int64_t bracket = 0; trial.number < 2 * 143; ++trial.number) {
    const int64_t next = Hyperband().bracket_of(trial, 5);
    if (next != bracket) ends.push_back(trial.number);
    EXPECT_TRUE(next == bracket || next == (bracket + 1) % 5) << trial.number;
    bracket = next;
  }
  // 81, 34, 15, 8 and 5.
  EXPECT_EQ(ends, (std::vector<int64_t>{81, 115, 130, 138, 143, 224, 258, 273, 281}));
}

// The pseudo code of the paper: rungs that jobs are put into when they end, and get_job.
class PaperASHA {
 public:
  PaperASHA(int64_t factor, int64_t rungs) : factor_(factor), rungs_(static_cast<size_t>(rungs)) {}
  struct Job {
    std::optional<int64_t> trial;  // null: a new configuration
    size_t rung = 0;
  };
  Job get_job() {
    for (size_t k = rungs_.size(); k-- > 0;) {
      auto& rung = rungs_[k];
      std::sort(rung.ended.begin(), rung.ended.end());
      const size_t top = rung.ended.size() / static_cast<size_t>(factor_);
      for (size_t i = 0; i < top; ++i) {
        const auto& [loss, trial] = rung.ended[i];
        if (std::isinf(loss) || !rung.promoted.insert(trial).second) continue;
        return {trial, k + 1};
      }
    }
    return {};
  }
  // A job ended in its rung; infinite: it failed.
  void ended(size_t rung, int64_t trial, double loss) {
    if (rung < rungs_.size()) rungs_[rung].ended.emplace_back(loss, trial);
  }

 private:
  struct Rung {
    std::vector<std::pair<double, int64_t>> ended;
    std::set<int64_t> promoted;
  };
  int64_t factor_;
  std::vector<Rung> rungs_;
};

// Slots whose jobs end in a random order; 27 steps, rungs at 1, 3 and 9.
class PromotionTest : public testing::TestWithParam<Direction> {
 protected:
  static constexpr int64_t kLast = 27;

  void begin(int64_t slots) {
    while (static_cast<int64_t>(running_.size()) < slots) {
      const auto job = paper_.get_job();
      const auto promoted = pruner_.promote(study_);
      ASSERT_EQ(promoted, job.trial);
      const auto number = promoted.value_or(static_cast<int64_t>(study_.trials.size()));
      if (promoted) {
        ++promotions_;
        trial(number).system_attributes[kSuspended] = false;
      } else {
        study_.trials.emplace_back().number = number;
      }
      running_.emplace_back(number, job.rung);
    }
  }
  void advance() {
    const size_t at = random_.below(running_.size());
    const auto [number, rung] = running_[at];
    Trial& one = trial(number);
    const int64_t step = one.last_step().value_or(0) + 1;
    if (random_.below(60) == 0) {
      end(at, TrialState::failed);
      return paper_.ended(rung, number, INFINITY);
    }
    const bool nan = random_.below(100) == 0;
    const double loss = static_cast<double>(random_.below(50));
    one.intermediate[step] = nan ? std::nan("") : loss_of(GetParam(), loss);
    const Verdict verdict = pruner_.judge(study_, one);
    const bool at_rung = step == 1 || step == 3 || step == 9;
    ASSERT_EQ(verdict, !at_rung ? Verdict::go_on : nan ? Verdict::stop : Verdict::pause);
    if (at_rung) paper_.ended(rung, number, nan ? INFINITY : loss);
    if (verdict == Verdict::pause) {
      one.system_attributes[kSuspended] = true;
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(at));
    } else if (verdict == Verdict::stop) {
      end(at, TrialState::pruned);
    } else if (step == kLast) {
      end(at, TrialState::complete);
      ++complete_;
    }
  }
  void end(size_t at, TrialState state) {
    trial(running_[at].first).state = state;
    study_.finished.push_back(running_[at].first);
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  Trial& trial(int64_t number) { return study_.trials[static_cast<size_t>(number)]; }

  StudyRecord study_ = study_of("promotion", GetParam());
  SuccessiveHalving pruner_{
      {.min_resource = 1, .reduction_factor = 3, .promotion = true, .max_resource = kLast}};
  PaperASHA paper_{3, 3};
  Random random_{5};
  std::vector<std::pair<int64_t, size_t>> running_;
  int promotions_ = 0, complete_ = 0;
};

TEST_P(PromotionTest, GoesByThePaper) {
  for (int event = 0; event < 2000; ++event) {
    begin(4);
    if (HasFatalFailure()) return;
    advance();
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(promotions_, 100);
  EXPECT_GT(complete_, 10);
}

INSTANTIATE_TEST_SUITE_P(Directions, PromotionTest,
                         testing::Values(Direction::minimize, Direction::maximize),
                         [](const auto& info) {
                           return info.param == Direction::minimize ? "minimize" : "maximize";
                         });

// Each trial paused or ended: with the failed ones counted, one of four may go on.
TEST(Promotion, IsNotStalledByFailedTrials) {
  SuccessiveHalving pruner({.min_resource = 1, .promotion = true, .max_resource = 16});
  StudyRecord study = study_of("failures");
  for (int64_t number = 0; number < 4; ++number) {
    EXPECT_EQ(pruner.promote(study), std::nullopt);
    Trial& trial = study.trials.emplace_back();
    trial.number = number;
    trial.state = number == 0 ? TrialState::running : TrialState::failed;
    if (number == 0) {
      trial.intermediate[1] = 5;
      EXPECT_EQ(pruner.judge(study, trial), Verdict::pause);
      trial.system_attributes[kSuspended] = true;
    } else {
      study.finished.push_back(number);
    }
  }
  EXPECT_EQ(pruner.promote(study), 0);
}

// "auto": trials go on until one is complete, which tells how long they are.
TEST(Promotion, FindsOutHowLongTrialsAre) {
  SuccessiveHalving pruner({.reduction_factor = 2, .promotion = true});
  StudyRecord study = study_of("auto");
  Trial& whole = study.trials.emplace_back();
  for (int64_t step = 1; step <= 4; ++step) {
    whole.intermediate[step] = 1;
    EXPECT_EQ(pruner.judge(study, whole), Verdict::go_on);
  }
  whole.state = TrialState::complete;
  study.finished = {0};
  Trial& next = study.trials.emplace_back();
  next.number = 1;
  std::vector<Verdict> verdicts;
  for (int64_t step = 1; step <= 4; ++step) {
    next.intermediate[step] = 1;
    verdicts.push_back(pruner.judge(study, next));
  }
  EXPECT_THAT(verdicts,
              testing::ElementsAre(Verdict::pause, Verdict::pause, Verdict::go_on, Verdict::go_on));
}

}  // namespace
}  // namespace tutti::test
