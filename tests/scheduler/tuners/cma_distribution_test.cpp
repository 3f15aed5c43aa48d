#include "scheduler/tuners/cma_distribution.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

namespace tutti {
namespace {

void expect_near(const std::vector<double>& got, const nlohmann::json& json, const char* what) {
  const auto want = json.get<std::vector<double>>();
  ASSERT_EQ(got.size(), want.size()) << what;
  for (size_t i = 0; i < got.size(); ++i)
    EXPECT_NEAR(got[i], want[i], 1e-9 * std::max(1.0, std::abs(want[i]))) << what << " " << i;
}

TEST(CmaDistributions, MoveAsThoseOfThePackageCmaes) {
  std::ifstream file(TUTTI_SOURCE_DIR "/tests/scheduler/goldens/cma.json");
  for (const auto& item : nlohmann::json::parse(file)) {
    CmaDistribution distribution(item["cells"], item["population"]);
    int number = 0;
    for (const auto& generation : item["generations"]) {
      SCOPED_TRACE(item["cells"].dump() + " generation " + std::to_string(number++));
      distribution.update(generation["raw"]);
      expect_near(distribution.mean(), generation["mean"], "mean");
      expect_near(distribution.scale(), generation["scale"], "scale");
      expect_near(distribution.covariance(), generation["covariance"], "covariance");
      EXPECT_NEAR(distribution.sigma(), generation["sigma"].get<double>(), 1e-9);
    }
  }
}

TEST(CmaDistributions, DrawFromTheirNormalDistribution) {
  std::ifstream file(TUTTI_SOURCE_DIR "/tests/scheduler/goldens/cma.json");
  const auto item = nlohmann::json::parse(file)[3];
  CmaDistribution distribution(item["cells"]);
  for (const auto& generation : item["generations"]) distribution.update(generation["raw"]);
  const auto mean = distribution.mean();
  const size_t n = mean.size();
  std::vector<double> sum(n * n);
  Random random(7);
  constexpr int kDraws = 20000;
  for (int k = 0; k < kDraws; ++k) {
    const auto drawn = distribution.draw(random);
    for (size_t i = 0; i < n; ++i) {
      EXPECT_TRUE(0 <= drawn.place[i] && drawn.place[i] <= 1);
      for (size_t j = 0; j < n; ++j)
        sum[i * n + j] += (drawn.raw[i] - mean[i]) * (drawn.raw[j] - mean[j]) / kDraws;
    }
  }
  // Among the coordinates with cells, which nothing bounds.
  const double variance = distribution.sigma() * distribution.sigma();
  for (const size_t i : {0, 2, 3})
    for (const size_t j : {0, 2, 3}) {
      const auto& covariance = distribution.covariance();
      const double scale = std::sqrt(covariance[i * n + i] * covariance[j * n + j]);
      EXPECT_NEAR(sum[i * n + j] / variance / scale, covariance[i * n + j] / scale, 0.05);
    }
}

TEST(CmaDistributions, TakeTheMiddleOfTheCellThatIsDrawn) {
  const CmaDistribution distribution({4, 0});
  Random random(1);
  for (int k = 0; k < 200; ++k) {
    const auto drawn = distribution.draw(random);
    EXPECT_EQ(drawn.place[1], drawn.raw[1]);
    EXPECT_LE(std::abs(drawn.place[0] - std::min(std::max(drawn.raw[0], 0.0), 1.0)), 0.125);
    EXPECT_EQ(std::fmod(drawn.place[0] - 0.125, 0.25), 0);
  }
}

}  // namespace
}  // namespace tutti
