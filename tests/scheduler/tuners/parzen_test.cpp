#include "scheduler/tuners/parzen.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "scheduler/tuners/tuner.h"

namespace tutti {
namespace {

ParzenEstimator estimator_of(const std::vector<ParzenAxis>& axes,
                             const std::vector<std::vector<double>>& numbers) {
  ParzenEstimator estimator(axes);
  for (size_t trial = 0; trial < numbers.front().size(); ++trial) {
    std::vector<double> places;
    for (size_t a = 0; a < axes.size(); ++a) places.push_back(axes[a].place_of(numbers[a][trial]));
    estimator.insert(trial, places);
  }
  return estimator;
}

TEST(ParzenEstimators, HaveTheDensitiesOfOptuna) {
  std::ifstream file(TUTTI_SOURCE_DIR "/tests/scheduler/goldens/parzen.json");
  for (const auto& item : nlohmann::json::parse(file)) {
    SCOPED_TRACE(item["space"].dump() + item["observations"].dump().substr(0, 60));
    std::vector<ParzenAxis> axes;
    for (const auto& json : item["space"]) axes.emplace_back(distribution_from_json(json));
    ParzenEstimator estimator = estimator_of(axes, item["observations"]);
    const auto got = estimator.log_density(item["points"]);
    const auto want = item["log_density"].get<std::vector<double>>();
    ASSERT_EQ(got.size(), want.size());
    for (size_t i = 0; i < got.size(); ++i)
      EXPECT_NEAR(got[i], want[i], 1e-9 * std::max(1.0, std::abs(want[i]))) << i;
  }
}

// What is drawn from steps and choices has the frequencies that the density says.
TEST(ParzenEstimators, DrawWhatTheySay) {
  for (const Distribution& distribution :
       {Distribution(IntDistribution{0, 8, 2}), Distribution(IntDistribution{1, 6, 1, true}),
        Distribution(FloatDistribution{0, 1, false, 0.25}),
        Distribution(CategoricalDistribution{{Config(1), Config(2), Config(3)}})}) {
    SCOPED_TRACE(to_string(distribution));
    const std::vector<ParzenAxis> axes(1, ParzenAxis(distribution));
    const auto numbers = numbers_of(distribution);
    ParzenEstimator estimator =
        estimator_of(axes, {{numbers[1], numbers[1], numbers[2], numbers[0]}});
    const auto logs = estimator.log_density({numbers});
    Random random(1);
    const int count = 20000;
    const auto drawn = estimator.sample(random, count)[0];
    double sum = 0;
    for (size_t i = 0; i < numbers.size(); ++i) {
      const double share = std::exp(logs[i]);
      sum += share;
      EXPECT_NEAR(std::count(drawn.begin(), drawn.end(), numbers[i]) / double{count}, share, 0.015);
    }
    EXPECT_NEAR(sum, 1, 1e-9);
  }
}

TEST(ParzenEstimators, StayWithinTheBounds) {
  const Distribution distribution = FloatDistribution{1e-3, 1, true};
  const std::vector<ParzenAxis> axes(1, ParzenAxis(distribution));
  ParzenEstimator estimator = estimator_of(axes, {{1e-3, 1, 1, 0.5}});
  Random random(2);
  const Candidates drawn = estimator.sample(random, 2000);
  for (const double number : drawn[0]) EXPECT_TRUE(contains(distribution, number)) << number;
}

TEST(ParzenEstimators, ForgetTrialsThatWentToTheBit) {
  const std::vector<Distribution> space = {
      FloatDistribution{-1, 1}, FloatDistribution{1e-3, 1, true}, IntDistribution{0, 20, 2},
      CategoricalDistribution{{Config(1), Config(2), Config(3)}}, FloatDistribution{0, 5}};
  const std::vector<ParzenAxis> axes(space.begin(), space.end());
  ParzenEstimator kept(axes);
  Candidates numbers(axes.size());  // of the trials that are there
  Random random(3);
  for (int step = 0; step < 600; ++step) {
    const size_t count = numbers[0].size();
    const bool goes = count > 0 && random.below(step < 400 ? 4 : 2) == 0;  // first many come
    const size_t trial = random.below(goes ? count : count + 1);
    std::vector<double> places;
    for (size_t a = 0; a < axes.size(); ++a) {
      const auto at = numbers[a].begin() + static_cast<int64_t>(trial);
      if (goes)
        numbers[a].erase(at);
      else
        places.push_back(axes[a].place_of(*numbers[a].insert(at, random_number(space[a], random))));
    }
    if (goes)
      kept.erase(trial);
    else
      kept.insert(trial, places);
    if (step % 3 > 0) continue;  // several changes at once
    ParzenEstimator anew = estimator_of(axes, numbers);
    Random one(static_cast<uint64_t>(step)), other(static_cast<uint64_t>(step));
    const Candidates drawn = kept.sample(one, 9);
    ASSERT_EQ(drawn, anew.sample(other, 9)) << step;
    ASSERT_EQ(kept.log_density(drawn), anew.log_density(drawn)) << step;
  }
}

}  // namespace
}  // namespace tutti
