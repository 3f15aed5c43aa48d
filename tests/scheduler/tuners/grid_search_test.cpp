#include "scheduler/tuners/grid_search.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/scheduler/tuners/trials.h"

namespace tutti {
namespace {

// All that the grid suggests, trial after trial.
std::vector<Point> grid_of(const SearchSpace& space, GridSearchOptions options = {},
                           StudyRecord study = {}) {
  std::vector<Point> points;
  for (;;) {
    GridSearch tuner(options);
    const auto number = static_cast<int64_t>(study.trials.size());
    const auto suggestion = tuner.suggest({space, study, number, 1});
    if (!suggestion) return points;
    EXPECT_EQ(space.fault_of(suggestion->point), "");
    points.push_back(suggestion->point);
    test::add_trial(study, TrialState::failed, points.back());
  }
}

TEST(GridSearch, TriesEachCombinationOnceInOrder) {
  SearchSpace space;
  space.add({"deep", CategoricalDistribution{{Config(true), Config(false)}}});
  space.add({"layers", IntDistribution{2, 3}, {{"deep", {Config(true)}}}});
  space.add({"units", IntDistribution{32, 64, 32}});
  EXPECT_EQ(grid_of(space), (std::vector<Point>{{{"deep", 0}, {"layers", 2}, {"units", 32}},
                                                {{"deep", 0}, {"layers", 2}, {"units", 64}},
                                                {{"deep", 0}, {"layers", 3}, {"units", 32}},
                                                {{"deep", 0}, {"layers", 3}, {"units", 64}},
                                                {{"deep", 1}, {"units", 32}},
                                                {{"deep", 1}, {"units", 64}}}));
}

TEST(GridSearch, CutsAFloatIntoPoints) {
  SearchSpace space;
  space.add({"x", FloatDistribution{0, 1}});
  EXPECT_EQ(grid_of(space, {.points = 3}),
            (std::vector<Point>{{{"x", 0}}, {{"x", 0.5}}, {{"x", 1}}}));
  EXPECT_EQ(grid_of(space).size(), 10u);
  SearchSpace rates;
  rates.add({"rate", FloatDistribution{1e-4, 1e-2, true}});
  const auto points = grid_of(rates, {.points = 3});
  ASSERT_EQ(points.size(), 3u);
  EXPECT_EQ(points[0].at("rate"), 1e-4);
  EXPECT_NEAR(points[1].at("rate"), 1e-3, 1e-15);
  EXPECT_EQ(points[2].at("rate"), 1e-2);
}

TEST(GridSearch, LeavesOutWhatOtherTrialsHad) {
  SearchSpace space;
  space.add({"x", IntDistribution{0, 3}});
  StudyRecord study;
  test::add_trial(study, TrialState::waiting, {{"x", 1}});
  test::add_trial(study, TrialState::complete, {{"x", 0}}, {1});
  EXPECT_EQ(grid_of(space, {}, study), (std::vector<Point>{{{"x", 2}}, {{"x", 3}}}));
}

TEST(GridSearch, RefusesFewerThanTwoPoints) { EXPECT_THROW(GridSearch({.points = 1}), Error); }

}  // namespace
}  // namespace tutti
