#include "scheduler/tuners/cma_es.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "tests/scheduler/tuners/trials.h"

namespace tutti {
namespace {

using test::add_trial;
using test::study_of;

SearchSpace cube(int dimensions) {
  SearchSpace space;
  for (int i = 0; i < dimensions; ++i)
    space.add({"x" + std::to_string(i), FloatDistribution{-5, 5}});
  return space;
}

double rosenbrock(const Point& point) {
  double value = 0;
  for (auto x = point.begin(), y = std::next(x); y != point.end(); ++x, ++y)
    value += 100 * std::pow(y->second - x->second * x->second, 2) + std::pow(1 - x->second, 2);
  return value;
}
double ellipsoid(const Point& point) {
  double value = 0, scale = 1;
  for (const auto& [name, x] : point) value += (scale *= 2.5) * (x - 1) * (x - 1);
  return value;
}

// The middle of three seeds' best values.
double best_of(const SearchSpace& space, double (*loss)(const Point&), int trials) {
  std::vector<double> bests;
  for (uint64_t seed = 0; seed < 3; ++seed) {
    CmaEs tuner;
    StudyRecord study = study_of();
    double best = INFINITY;
    for (int64_t number = 0; number < trials; ++number) {
      const Point point = tuner.suggest({space, study, number, seed})->point;
      add_trial(study, TrialState::complete, point, {loss(point)});
      best = std::min(best, loss(point));
    }
    bests.push_back(best);
  }
  std::sort(bests.begin(), bests.end());
  return bests[1];
}

TEST(CmaEsTuner, FindsTheBottomOfCurvedAndOfLongValleys) {
  EXPECT_LT(best_of(cube(5), rosenbrock, 3000), 1e-6);
  EXPECT_LT(best_of(cube(10), ellipsoid, 3000), 1e-6);
}

TEST(CmaEsTuner, FindsTheBestIntegersBesideNumbers) {
  SearchSpace space;
  space.add({"a", IntDistribution{0, 1}});
  space.add({"b", IntDistribution{-40, 40, 5}});
  space.add({"x", FloatDistribution{-5, 5}});
  space.add({"y", FloatDistribution{1e-4, 1, true}});
  const auto loss = [](const Point& point) {
    return 3 * (1 - point.at("a")) + std::abs(point.at("b") + 25) / 5 +
           std::pow(point.at("x") - 2, 2) + std::pow(std::log10(point.at("y")) + 3, 2);
  };
  EXPECT_LT(best_of(space, loss, 1000), 1e-6);
}

TEST(CmaEsTuner, CountsForAGenerationWhatWasDrawnFromIt) {
  const SearchSpace space = cube(3);
  StudyRecord study = study_of(), with_others = study_of();
  CmaEs tuner, other;
  for (int64_t number = 0; number < 60; ++number) {
    const Point point = tuner.suggest({space, study, number, 1})->point;
    EXPECT_EQ(other.suggest({space, with_others, number, 1})->point, point) << number;
    const bool failed = number % 5 == 3;
    add_trial(study, failed ? TrialState::failed : TrialState::complete, point, {ellipsoid(point)});
    with_others.trials.push_back(study.trials.back());
    if (failed) continue;
    with_others.finished.push_back(number);
    if (number % 7 != 5) continue;
    // What a person enqueued, however good, says nothing of the distribution.
    add_trial(study, TrialState::complete, {{"x0", 1}, {"x1", 1}, {"x2", 1}}, {-1.0});
    with_others.trials.push_back(study.trials.back());
    with_others.trials.back().state = TrialState::running;
    ++number;
  }
}

TEST(CmaEsTuner, RefusesOptionsThatMeanNothing) {
  EXPECT_THROW(CmaEs({.n_startup_trials = -1}), Error);
  EXPECT_THROW(CmaEs({.popsize = 3}), Error);
}

}  // namespace
}  // namespace tutti
