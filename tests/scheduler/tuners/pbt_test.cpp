#include "scheduler/tuners/pbt.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>

#include "core/base/error.h"
#include "tests/scheduler/tuners/trials.h"

namespace tutti {
namespace {

SearchSpace rates() {
  SearchSpace space;
  space.add({"rate", FloatDistribution{1e-4, 1, true}});
  return space;
}

// A population of 8 that ended in order, trial i with loss i.
StudyRecord eight_trials() {
  StudyRecord study = test::study_of();
  for (int i = 0; i < 8; ++i)
    test::add_trial(study, TrialState::complete, {{"rate", 0.1 + 0.01 * i}}, {1.0 * i});
  return study;
}

TEST(PbtTuner, LetsTheWorstQuarterCopyTheBestAndTheOthersGoOn) {
  const SearchSpace space = rates();
  StudyRecord study = eight_trials();
  Pbt tuner({.population_size = 8});
  for (int64_t number = 8; number < 16; ++number) {
    const auto next = tuner.suggest({space, study, number, 1});
    ASSERT_TRUE(next && next->parent) << number;
    const int64_t before = number - 8;
    if (before < 6) {
      EXPECT_EQ(next->parent, before);
      EXPECT_EQ(next->point, study.trials[static_cast<size_t>(before)].point);
    } else {
      EXPECT_LT(*next->parent, 2);
      EXPECT_NE(next->point, study.trials[static_cast<size_t>(*next->parent)].point);
    }
    test::add_trial(study, TrialState::running, next->point);
  }
  EXPECT_FALSE(tuner.suggest({space, study, 16, 1})) << "every member is under way";
}

TEST(PbtTuner, FollowsTrialsInTheOrderInWhichTheyEnded) {
  const SearchSpace space = rates();
  StudyRecord study = eight_trials();
  study.finished = {3, 0};
  for (const int i : {1, 2, 4, 5, 6, 7})
    study.trials[static_cast<size_t>(i)].state = TrialState::running;
  Pbt tuner({.population_size = 8, .quantile_fraction = 0.5});
  // 3 is the worse of two.
  EXPECT_EQ(tuner.suggest({space, study, 8, 1})->parent, 0);
  test::add_trial(study, TrialState::running, {{"rate", 0.1}});
  EXPECT_EQ(tuner.suggest({space, study, 9, 1})->parent, 0);
  test::add_trial(study, TrialState::running, {{"rate", 0.1}});
  EXPECT_FALSE(tuner.suggest({space, study, 10, 1}));
}

TEST(PbtTuner, CopiesInPlaceOfWhatFailedOrIsInfeasible) {
  const SearchSpace space = rates();
  StudyRecord study = eight_trials();
  study.trials[0].state = TrialState::failed;
  study.trials[1].system_attributes["constraints"] = std::vector<double>{1};
  Pbt tuner({.population_size = 8});
  for (int64_t number = 8; number < 10; ++number) {
    const auto next = tuner.suggest({space, study, number, 1});
    EXPECT_TRUE(next->parent == 2 || next->parent == 3) << *next->parent;
    test::add_trial(study, TrialState::running, next->point);
  }
  for (Trial& trial : study.trials) trial.state = TrialState::failed;
  study.finished = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  EXPECT_EQ(tuner.suggest({space, study, 10, 1})->parent, std::nullopt);
}

// What copies of one point try, with how often.
std::map<double, int> copies_of(const Distribution& distribution, double number, double resample) {
  SearchSpace space;
  space.add({"h", distribution});
  std::map<double, int> counts;
  Pbt tuner({.population_size = 2, .quantile_fraction = 0.5, .resample_probability = resample});
  for (uint64_t seed = 0; seed < 400; ++seed) {
    StudyRecord study = test::study_of({Direction::maximize});
    test::add_trial(study, TrialState::complete, {{"h", number}}, {0.0});
    test::add_trial(study, TrialState::complete, {{"h", number}}, {1.0});
    const auto next = tuner.suggest({space, study, 2, seed});
    EXPECT_EQ(next->parent, 1);
    ++counts[next->point.at("h")];
  }
  return counts;
}
std::vector<double> numbers_in(const std::map<double, int>& counts) {
  std::vector<double> numbers;
  for (const auto& [number, count] : counts) numbers.push_back(number);
  return numbers;
}

TEST(PbtTuner, MovesACopyToBothSidesWithinItsBounds) {
  const auto moves = [](const Distribution& distribution, double number) {
    return numbers_in(copies_of(distribution, number, 0));
  };
  using Numbers = std::vector<double>;
  EXPECT_EQ(moves(FloatDistribution{0, 10}, 5), (Numbers{4, 6}));
  EXPECT_EQ(moves(FloatDistribution{0, 10}, 9), (Numbers{9 * 0.8, 10}));
  EXPECT_EQ(moves(FloatDistribution{0, 1, false, 0.25}, 0.5), (Numbers{0.25, 0.75}));
  EXPECT_EQ(moves(IntDistribution{32, 512, 32}, 256), (Numbers{192, 320}));
  EXPECT_EQ(moves(IntDistribution{1, 9}, 2), (Numbers{1, 3}));
  EXPECT_EQ(moves(IntDistribution{1, 1000, 1, true}, 100), (Numbers{80, 120}));
  const CategoricalDistribution words{{Config("a"), Config("b"), Config("c")}};
  EXPECT_EQ(moves(words, 1), (Numbers{0, 2}));
  EXPECT_EQ(moves(words, 2), (Numbers{1, 2}));
}

TEST(PbtTuner, DrawsAQuarterAnew) {
  const auto counts = copies_of(FloatDistribution{0, 10}, 5, 0.25);
  int anew = 0;
  for (const auto& [number, count] : counts)
    if (number != 4 && number != 6) anew += count;
  EXPECT_NEAR(anew, 100, 30);
}

// Two numbers of which a point lets one be trained: no point alone comes near, a schedule does.
TEST(PbtTuner, FindsASchedule) {
  SearchSpace space;
  space.add({"trained", IntDistribution{0, 1}});
  StudyRecord study = test::study_of({Direction::maximize});
  std::vector<std::array<double, 2>> states;
  Pbt tuner({.population_size = 8});
  double best = 0;
  for (int64_t number = 0; number < 160; ++number) {
    const auto next = tuner.suggest({space, study, number, 7});
    ASSERT_TRUE(next);
    auto state =
        next->parent ? states[static_cast<size_t>(*next->parent)] : std::array<double, 2>{0.9, 0.9};
    state[static_cast<size_t>(next->point.at("trained"))] *= 0.8;
    states.push_back(state);
    const double value = 1.2 - state[0] * state[0] - state[1] * state[1];
    best = std::max(best, value);
    test::add_trial(study, TrialState::complete, next->point, {value});
  }
  EXPECT_GT(best, 1.1);  // by one point: 1.2 - 0.81 at most
}

TEST(PbtTuner, RefusesOptionsThatMeanNothing) {
  EXPECT_THROW(Pbt({.population_size = 1}), Error);
  EXPECT_THROW(Pbt({.quantile_fraction = 0.6}), Error);
  EXPECT_THROW(Pbt({.resample_probability = 2}), Error);
  EXPECT_THROW(Pbt({.perturbation = 0}), Error);
}

}  // namespace
}  // namespace tutti
