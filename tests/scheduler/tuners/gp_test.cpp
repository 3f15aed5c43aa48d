#include "scheduler/tuners/gp.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "tests/scheduler/tuners/trials.h"

namespace tutti {
namespace {

using test::add_trial;
using test::study_of;

double branin(const Point& point) {
  const double x = point.at("x"), y = point.at("y");
  return std::pow(y - 0.129185 * x * x + 1.591549 * x - 6, 2) + 9.602113 * std::cos(x) + 10;
}

double mixed_loss(const Point& point) {
  return std::abs(point.at("kind") - 1) + std::pow((point.at("units") - 320) / 200, 2) +
         std::pow(std::log10(point.at("rate")) + 3, 2) +
         std::pow((point.at("batch") - 40) / 100, 2);
}

SearchSpace plane() {
  SearchSpace space;
  space.add({"x", FloatDistribution{-5, 10}});
  space.add({"y", FloatDistribution{0, 15}});
  return space;
}

SearchSpace mixed() {
  SearchSpace space;
  space.add({"kind", CategoricalDistribution{{Config("a"), Config("b"), Config("c")}}});
  space.add({"units", IntDistribution{32, 512, 32}});
  space.add({"rate", FloatDistribution{1e-5, 1e-1, true}});
  space.add({"batch", IntDistribution{1, 256, 1, true}});
  return space;
}

// The middle of three seeds' best losses.
double best_of(const SearchSpace& space, double (*loss)(const Point&), int trials,
               Direction direction) {
  std::vector<double> bests;
  for (uint64_t seed = 0; seed < 3; ++seed) {
    Gp tuner;
    StudyRecord study = study_of({direction});
    double best = INFINITY;
    for (int64_t number = 0; number < trials; ++number) {
      const Point point = tuner.suggest({space, study, number, seed})->point;
      add_trial(study, TrialState::complete, point, {loss_of(direction, loss(point))});
      best = std::min(best, loss(point));
    }
    bests.push_back(best);
  }
  std::sort(bests.begin(), bests.end());
  return bests[1];
}

TEST(GpTuner, FindsTheBottomInFewTrials) {
  EXPECT_LT(best_of(plane(), branin, 40, Direction::minimize), 0.40);  // 0.39789
  EXPECT_LT(best_of(mixed(), mixed_loss, 40, Direction::maximize), 0.05);
}

TEST(GpTuner, LeavesRunningTrialsAlone) {
  const SearchSpace space = plane();
  StudyRecord study = study_of();
  Gp tuner;
  for (int64_t number = 0; number < 20; ++number) {
    const Point point = tuner.suggest({space, study, number, 1})->point;
    add_trial(study, TrialState::complete, point, {branin(point)});
  }
  std::vector<Point> asked;
  for (int64_t number = 20; number < 25; ++number) {
    const Point point = tuner.suggest({space, study, number, 1})->point;
    for (const Point& other : asked)
      EXPECT_GT(std::abs(other.at("x") - point.at("x")) + std::abs(other.at("y") - point.at("y")),
                0.05);
    asked.push_back(point);
    add_trial(study, TrialState::running, point);
  }
}

// The kernel is not fitted at each trial then, nor on all of them.
TEST(GpTuner, DecidesAlikeWithManyTrials) {
  const SearchSpace space = plane();
  StudyRecord study = study_of();
  Random random(1);
  for (int i = 0; i < 300; ++i) {
    const Point point = random_point(space, random);
    add_trial(study, TrialState::complete, point, {branin(point)});
  }
  Gp kept;
  for (int64_t number = 300; number < 306; ++number) {
    const Point point = kept.suggest({space, study, number, 1})->point;
    EXPECT_EQ(Gp().suggest({space, study, number, 1})->point, point);
    add_trial(study, number % 3 ? TrialState::complete : TrialState::running, point,
              {branin(point)});
  }
}

TEST(GpTuner, RefusesOptionsThatMeanNothing) { EXPECT_THROW(Gp({.n_startup_trials = -1}), Error); }

}  // namespace
}  // namespace tutti
