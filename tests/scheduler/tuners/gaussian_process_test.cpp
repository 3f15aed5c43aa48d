#include "scheduler/tuners/gaussian_process.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "scheduler/tuners/expected_improvement.h"

namespace tutti {
namespace {

const nlohmann::json& golden() {
  static const nlohmann::json read = [] {
    std::ifstream file(TUTTI_SOURCE_DIR "/tests/scheduler/goldens/gaussian_process.json");
    return nlohmann::json::parse(file);
  }();
  return read;
}

PointRows rows_of(const nlohmann::json& points) {
  PointRows rows;
  for (const auto& point : points)
    for (const double place : point) rows.push_back(place);
  return rows;
}

GaussianProcess process_of(const nlohmann::json& item) {
  GaussianProcess process({item["precision"], item["scale"], item["noise"]}, item["is_choice"]);
  process.extend(rows_of(item["points"]));
  return process;
}

TEST(GaussianProcesses, BelieveWhatThoseOfOptunaDo) {
  for (const auto& item : golden()["cases"]) {
    GaussianProcess process = process_of(item);
    process.observe({item["values"]});
    const auto beliefs = process.believe(rows_of(item["asked"]));
    const auto means = process.means(rows_of(item["asked"]));
    const std::vector<double> values = item["values"];
    const ExpectedImprovement improvement{process,
                                          {*std::max_element(values.begin(), values.end())}};
    for (size_t i = 0; i < beliefs.size(); ++i) {
      EXPECT_NEAR(beliefs[i].means[0], item["mean"][i].get<double>(), 1e-8);
      EXPECT_NEAR(means[i], beliefs[i].means[0], 1e-10);
      EXPECT_NEAR(beliefs[i].variance, item["variance"][i].get<double>(), 1e-8);
      const double want = item["improvement"][i];
      EXPECT_NEAR(improvement.at(beliefs[i]), want, 1e-3 * std::max(1.0, std::abs(want)));
    }
  }
}

TEST(GaussianProcesses, GrowPointByPointAndShrink) {
  const auto item = golden()["cases"][1];
  GaussianProcess whole = process_of(item),
                  grown({item["precision"], item["scale"], item["noise"]}, item["is_choice"]);
  for (const auto& point : item["points"]) grown.extend(point.get<std::vector<double>>());
  grown.extend(rows_of(item["asked"]));
  grown.keep(whole.size());
  whole.observe({item["values"]});
  grown.observe({item["values"]});
  const auto one = whole.believe(rows_of(item["asked"])),
             other = grown.believe(rows_of(item["asked"]));
  for (size_t i = 0; i < one.size(); ++i) {
    EXPECT_NEAR(one[i].means[0], other[i].means[0], 1e-9);
    EXPECT_NEAR(one[i].variance, other[i].variance, 1e-9);
  }
}

TEST(GaussianProcesses, TakeAPointTwice) {
  GaussianProcess process({{1.0}, 1e3, 1e-6}, {false});
  process.extend(std::vector<double>(5, 0.25));
  process.extend(std::vector<double>{0.25});
  process.observe({std::vector<double>(6, 1.5)});
  EXPECT_NEAR(process.means(std::vector<double>{0.25})[0], 1.5, 1e-3);
}

// Drawn together, near points are alike.
TEST(GaussianProcesses, DrawFromWhatTheyBelieve) {
  GaussianProcess process({{4.0}, 1.0, 1e-6}, {false});
  process.extend(std::vector<double>{0.0, 0.2});
  process.observe({{1.0, 0.5}});
  const std::vector<double> asked = {0.8, 0.81};
  const auto belief = process.believe(asked)[0];
  Random random(1);
  double sum = 0, squares = 0;
  for (int k = 0; k < 4000; ++k) {
    const auto drawn = process.draw(asked, std::vector<double>{random.normal(), random.normal()});
    EXPECT_NEAR(drawn[0], drawn[1], 0.3);
    sum += drawn[0] / 4000;
    squares += std::pow(drawn[0] - belief.means[0], 2) / 4000;
  }
  EXPECT_NEAR(sum, belief.means[0], 0.05);
  EXPECT_NEAR(squares, belief.variance, 0.05);
}

TEST(KernelFits, HaveTheirGradient) {
  for (const auto& item : golden()["cases"]) {
    const std::vector<bool> is_choice = item["is_choice"];
    const PointRows rows = rows_of(item["points"]);
    std::vector<double> at, slope(is_choice.size() + 2), unused(slope);
    for (size_t c = 0; c < slope.size(); ++c) at.push_back(0.3 - 0.4 * static_cast<double>(c));
    const auto loss = [&](std::vector<double>& gradient) {
      return kernel_loss(rows, item["values"], is_choice, item["deterministic"], at, gradient);
    };
    loss(slope);
    for (size_t c = 0; c < slope.size(); ++c) {
      const double middle = at[c], step = 1e-4;  // the loss itself has 1e-9
      at[c] = middle + step;
      const double above = loss(unused);
      at[c] = middle - step;
      EXPECT_NEAR(slope[c], (above - loss(unused)) / (2 * step),
                  1e-4 * std::max(1.0, std::abs(slope[c])))
          << c;
      at[c] = middle;
    }
  }
}

TEST(KernelFits, AreAtLeastAsLikelyAsThoseOfOptuna) {
  for (const auto& item : golden()["cases"]) {
    const std::vector<bool> is_choice = item["is_choice"];
    const bool deterministic = item["deterministic"];
    const PointRows rows = rows_of(item["points"]);
    std::vector<double> slope(is_choice.size() + 2);
    const auto loss = [&](const GaussianKernel& kernel) {
      std::vector<double> at;
      for (const double precision : kernel.precision) at.push_back(std::log(precision));
      at.push_back(std::log(kernel.scale));
      at.push_back(std::log(std::max(kernel.noise - 1e-6, 1e-12)));
      return kernel_loss(rows, item["values"], is_choice, deterministic, at, slope);
    };
    const double theirs = loss({item["precision"], item["scale"], item["noise"]});
    EXPECT_NEAR(theirs, item["loss"].get<double>(), 1e-6 * std::abs(theirs));
    EXPECT_LT(loss(fit_kernel(rows, item["values"], is_choice, deterministic)), theirs + 2e-3);
  }
}

TEST(ExpectedImprovements, AreThoseOfOptunaAlsoFarBelow) {
  const auto item = golden();
  double slope = 0, unused = 0;
  for (size_t i = 0; i < item["z"].size(); ++i) {
    const double z = item["z"][i], want = item["log_improvement"][i];
    EXPECT_NEAR(log_normal_improvement(z, slope), want, 1e-8 * std::max(1.0, std::abs(want))) << z;
    const double step = 1e-5 * std::max(1.0, std::abs(z));
    const double rise =
        log_normal_improvement(z + step, unused) - log_normal_improvement(z - step, unused);
    EXPECT_NEAR(slope, rise / (2 * step), 1e-6 * std::max(1.0, slope)) << z;
  }
}

TEST(ExpectedImprovements, HaveTheirGradient) {
  for (const auto& item : golden()["cases"]) {
    GaussianProcess process = process_of(item);
    std::vector<double> other = item["values"];
    for (double& value : other) value = 0.5 * value - 0.1;
    process.observe({item["values"], other});
    const ExpectedImprovement improvement{process, {1.5, 0.8}};
    for (std::vector<double> point : item["asked"]) {
      std::vector<double> slope(point.size()), unused(slope);
      const double value = improvement.at(point, slope);
      EXPECT_NEAR(value, improvement.at(process.believe(point)[0]), 1e-9 * std::abs(value));
      for (size_t c = 0; c < point.size(); ++c) {
        if (item["is_choice"][c]) continue;
        const double middle = point[c], step = 1e-5;
        point[c] = middle + step;
        const double above = improvement.at(point, unused);
        point[c] = middle - step;
        const double rise = (above - improvement.at(point, unused)) / (2 * step);
        EXPECT_NEAR(slope[c], rise, 1e-4 * std::max(1.0, std::abs(rise)));
        point[c] = middle;
      }
    }
  }
}

}  // namespace
}  // namespace tutti
