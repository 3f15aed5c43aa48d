#include "scheduler/tuners/tpe.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "tests/scheduler/tuners/trials.h"

namespace tutti {
namespace {

using test::add_trial;
using test::study_of;

SearchSpace square() {
  SearchSpace space;
  space.add({"x", FloatDistribution{0, 1}});
  space.add({"y", FloatDistribution{0, 1}});
  return space;
}

// The mean of a hyperparameter over suggestions of many seeds.
double mean_of(const SearchSpace& space, const StudyRecord& study, const std::string& name,
               TPEOptions options = {}) {
  TPE tuner(options);
  double sum = 0;
  for (uint64_t seed = 0; seed < 64; ++seed)
    sum += tuner.suggest({space, study, static_cast<int64_t>(study.trials.size()), seed})
               ->point.at(name);
  return sum / 64;
}

// Twenty trials spread evenly; those with x near `where` are said to be better by `mark`.
template <typename Mark>
StudyRecord marked(double where, const Mark& mark) {
  StudyRecord study = study_of();
  for (int i = 0; i < 20; ++i) {
    const double x = (i + 0.5) / 20;
    add_trial(study, TrialState::complete, {{"x", x}, {"y", 0.5}}, {1.0});
    mark(study.trials.back(), std::abs(x - where));
  }
  return study;
}

TEST(TPETuner, GoesWhereTrialsWereGood) {
  const auto low = marked(0.2, [](Trial& trial, double far) { trial.values = {far}; });
  EXPECT_NEAR(mean_of(square(), low, "x"), 0.2, 0.08);
  auto high = marked(0.8, [](Trial& trial, double far) { trial.values = {-far}; });
  high.directions = {Direction::maximize};
  EXPECT_NEAR(mean_of(square(), high, "x"), 0.8, 0.08);
}

TEST(TPETuner, TakesTheFeasibleAndThoseOfLeastViolation) {
  const auto study = marked(0.3, [](Trial& trial, double far) {
    trial.values = {-far};  // the infeasible ones are the best
    trial.system_attributes["constraints"] = std::vector<double>{-1, far};
  });
  EXPECT_NEAR(mean_of(square(), study, "x"), 0.3, 0.08);
}

TEST(TPETuner, TakesPrunedTrialsThatCameFar) {
  const auto study = marked(0.7, [](Trial& trial, double far) {
    trial.state = TrialState::pruned;
    trial.intermediate = {{far < 0.1 ? 9 : 3, 5.0}};
  });
  EXPECT_NEAR(mean_of(square(), study, "x"), 0.7, 0.08);
}

// Where a pruner promotes trials few others are known.
TEST(TPETuner, LearnsFromSuspendedTrials) {
  auto study = marked(0.7, [](Trial& trial, double far) {
    trial.state = TrialState::running;
    trial.system_attributes[kSuspended] = true;
    trial.intermediate = {{3, far}};
    trial.values.clear();
  });
  study.finished.clear();
  const SearchSpace space = square();
  EXPECT_NEAR(mean_of(space, study, "x"), 0.7, 0.08);
  TPE kept;
  kept.suggest({space, study, 20, 1});
  for (const bool suspended : {false, true}) {  // it goes on, and pauses later
    study.trials[13].system_attributes[kSuspended] = suspended;
    study.trials[13].intermediate[9] = 5;
    const Question question{space, study, 20, 1};
    EXPECT_EQ(kept.suggest(question)->point, TPE().suggest(question)->point);
  }
}

TEST(TPETuner, LeavesRunningTrialsAlone) {
  auto study = marked(0.3, [](Trial& trial, double far) { trial.values = {far}; });
  const double before = mean_of(square(), study, "x");
  for (int i = 0; i < 20; ++i)
    add_trial(study, TrialState::running, {{"x", 0.3 + 0.001 * i}, {"y", 0.5}});
  EXPECT_GT(std::abs(mean_of(square(), study, "x") - 0.3), std::abs(before - 0.3) + 0.01);
  EXPECT_NEAR(mean_of(square(), study, "x", {.constant_liar = false}), 0.3, 0.08);
}

// Along a diagonal valley only the joint density knows which y goes with an x.
TEST(TPETuner, SeesPairs) {
  StudyRecord study = study_of();
  for (int i = 0; i < 15; ++i)
    for (int j = 0; j < 15; ++j) {
      const double x = (i + 0.5) / 15, y = (j + 0.5) / 15;
      add_trial(study, TrialState::complete, {{"x", x}, {"y", y}}, {std::abs(x - y)});
    }
  const auto off_diagonal = [&](TPEOptions options) {
    TPE tuner(options);
    double sum = 0;
    for (uint64_t seed = 0; seed < 40; ++seed) {
      const SearchSpace space = square();
      const Point point = tuner.suggest({space, study, 225, seed})->point;
      sum += std::abs(point.at("x") - point.at("y"));
    }
    return sum / 40;
  };
  EXPECT_LT(off_diagonal({}), 0.1);
  EXPECT_GT(off_diagonal({.multivariate = false}), 0.14);
}

TEST(TPETuner, LearnsEachBranchOfAConditionalSpace) {
  SearchSpace space;
  space.add({"kind", CategoricalDistribution{{Config("a"), Config("b")}}});
  space.add({"a", FloatDistribution{0, 1}, {{"kind", {Config("a")}}}});
  space.add({"b", FloatDistribution{0, 1}, {{"kind", {Config("b")}}}});
  for (const bool a_is_better : {true, false}) {
    StudyRecord study = study_of();
    for (int i = 0; i < 40; ++i) {
      const double x = (i + 0.5) / 40;
      add_trial(study, TrialState::complete, {{"kind", 0}, {"a", x}},
                {std::abs(x - 0.2) + (a_is_better ? 0 : 0.05)});
      add_trial(study, TrialState::complete, {{"kind", 1}, {"b", x}},
                {std::abs(x - 0.9) + (a_is_better ? 0.05 : 0)});
    }
    for (const bool group : {true, false}) {
      TPE tuner(TPEOptions{.group = group});
      double sum = 0;
      for (uint64_t seed = 0; seed < 30; ++seed) {
        const Point point = tuner.suggest({space, study, 80, seed})->point;
        ASSERT_EQ(space.fault_of(point), "");
        ASSERT_EQ(point.at("kind"), a_is_better ? 0 : 1);
        sum += point.at(a_is_better ? "a" : "b");
      }
      EXPECT_NEAR(sum / 30, a_is_better ? 0.2 : 0.9, 0.1);
    }
  }
}

TEST(TPETuner, SeesFinishedTrialsThatChanged) {
  auto study = marked(0.2, [](Trial& trial, double far) { trial.values = {far}; });
  TPE kept;
  const SearchSpace space = square();
  const auto expect_seen = [&](const char* change) {
    const Question question{space, study, 20, 1};
    EXPECT_EQ(kept.suggest(question)->point, TPE().suggest(question)->point) << change;
  };
  expect_seen("none");
  study.trials[17].values = {-1};
  expect_seen("value");
  study.trials[17].point["x"] = 0.4;
  expect_seen("number");
  study.trials[17].state = TrialState::failed;
  expect_seen("state");
  study.trials[4].system_attributes["constraints"] = std::vector<double>{1};
  expect_seen("constraints");
  study.trials[3].point = {{"x", 0.9}, {"y", 0.1}};
  expect_seen("point");
}

TEST(TPETuner, RefusesOptionsThatMeanNothing) {
  EXPECT_THROW(TPE({.n_startup_trials = -1}), Error);
  EXPECT_THROW(TPE({.n_ei_candidates = 0}), Error);
}

}  // namespace
}  // namespace tutti
