#include "scheduler/tuners/parzen.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

namespace tutti {
namespace {

ParzenEstimator estimator_of(const std::vector<ParzenAxis>& axes,
                             const std::vector<std::vector<double>>& numbers) {
  std::vector<ParzenColumn> columns;
  for (size_t a = 0; a < axes.size(); ++a) {
    std::vector<double> places;
    for (const double number : numbers[a]) places.push_back(axes[a].place_of(number));
    columns.push_back(parzen_column(axes[a], std::move(places)));
  }
  return ParzenEstimator(std::move(columns));
}

TEST(ParzenEstimators, HaveTheDensitiesOfOptuna) {
  std::ifstream file(TUTTI_SOURCE_DIR "/tests/scheduler/goldens/parzen.json");
  for (const auto& item : nlohmann::json::parse(file)) {
    SCOPED_TRACE(item["space"].dump() + item["observations"].dump().substr(0, 60));
    std::vector<ParzenAxis> axes;
    for (const auto& json : item["space"]) axes.emplace_back(distribution_from_json(json));
    const ParzenEstimator estimator = estimator_of(axes, item["observations"]);
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
    const ParzenEstimator estimator =
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
  const ParzenEstimator estimator = estimator_of(axes, {{1e-3, 1, 1, 0.5}});
  Random random(2);
  const Candidates drawn = estimator.sample(random, 2000);
  for (const double number : drawn[0]) EXPECT_TRUE(contains(distribution, number)) << number;
}

}  // namespace
}  // namespace tutti
