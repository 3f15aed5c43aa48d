#include "scheduler/tuners/nsga2.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/error.h"
#include "tests/scheduler/tuners/trials.h"

namespace tutti {
namespace {

TEST(Dominance, IsParetosAndFeasibleFirst) {
  const std::vector<Outcome> outcomes = {{{0, 3}}, {{1, 1}}, {{3, 0}},      {{2, 2}},
                                         {{3, 3}}, {{1, 1}}, {{-9, -9}, 2}, {{9, 9}, 1}};
  EXPECT_EQ(fronts_of(outcomes), (std::vector<size_t>{0, 0, 0, 1, 2, 0, 4, 3}));
  EXPECT_FALSE(dominates(outcomes[1], outcomes[5]));
  const auto crowding = crowding_of(outcomes, {0, 1, 2});
  EXPECT_EQ(crowding, (std::vector<double>{INFINITY, 2, INFINITY}));
  EXPECT_EQ(elite_of(outcomes, 3), (std::vector<size_t>{0, 2, 5}));
  EXPECT_EQ(elite_of(outcomes, 20).size(), outcomes.size());
}

// Schaffer's second problem on a conditional space: the front is x from 0 to 2 of kind 0.
TEST(Nsga2Tuner, SpreadsOverTheFront) {
  SearchSpace space;
  space.add({"kind", CategoricalDistribution{{Config("a"), Config("b")}}});
  space.add({"x", FloatDistribution{-20, 20}, {{"kind", {Config("a")}}}});
  StudyRecord study = test::study_of({Direction::minimize, Direction::maximize});
  Nsga2 tuner({.population_size = 20});
  for (int64_t number = 0; number < 600; ++number) {
    const Point point = tuner.suggest({space, study, number, 1})->point;
    const double x = point.at("kind") == 0 ? point.at("x") : 9;
    test::add_trial(study, TrialState::complete, point, {x * x, -(x - 2) * (x - 2)});
  }
  int on_front = 0;
  bool low = false, high = false;
  for (size_t i = 500; i < 600; ++i) {
    const Point& point = study.trials[i].point;
    if (point.at("kind") != 0 || point.at("x") < -0.1 || point.at("x") > 2.1) continue;
    ++on_front;
    low = low || point.at("x") < 0.4;
    high = high || point.at("x") > 1.6;
  }
  EXPECT_GT(on_front, 25);  // each child has a gene mutated, on average
  EXPECT_TRUE(low && high);
}

TEST(Nsga2Tuner, RefusesOptionsThatMeanNothing) {
  EXPECT_THROW(Nsga2({.population_size = 1}), Error);
  EXPECT_THROW(Nsga2({.crossover_prob = 1.5}), Error);
}

}  // namespace
}  // namespace tutti
