#include "scheduler/analysis/importance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/scheduler/tuners/trials.h"

namespace tutti {
namespace {

Direction direction_of(const nlohmann::json& word) {
  return word == "maximize" ? Direction::maximize : Direction::minimize;
}

StudyRecord study_in(const nlohmann::json& item) {
  std::vector<Direction> directions;
  for (const auto& word : item["directions"]) directions.push_back(direction_of(word));
  StudyRecord study = test::study_of(directions);
  for (const auto& written : item["trials"]) {
    std::vector<double> values;
    for (const auto& value : written[1])
      values.push_back(value.is_null() ? INFINITY : value.get<double>());
    test::add_trial(study, TrialState::complete, {}, values);
    for (const auto& each : written[0]) {
      study.trials.back().point[each[0]] = each[2];
      study.trials.back().distributions[each[0]] =
          distribution_from_json(item["ranges"][each[1].get<size_t>()]);
    }
  }
  return study;
}

void add(StudyRecord& study, double x, double value, TrialState state = TrialState::complete,
         const FloatDistribution& range = {0, 1}) {
  test::add_trial(study, state, {{"x", x}}, {value});
  study.trials.back().distributions["x"] = range;
}

TEST(Importances, AreThoseOfOptuna) {
  std::ifstream file(TUTTI_SOURCE_DIR "/tests/scheduler/goldens/importance.json");
  for (const auto& item : nlohmann::json::parse(file)) {
    SCOPED_TRACE(item["shares"].dump());
    const StudyRecord study = study_in(item);
    for (size_t k = 0; k < study.directions.size(); ++k) {
      const auto got = importance_of(study, k);
      const auto& want = item["shares"][k];
      ASSERT_EQ(got.size(), want.size());
      double before = 1;
      for (const auto& [name, share] : got) {
        EXPECT_NEAR(share, want.at(name).get<double>(), 1e-9) << name;
        EXPECT_LE(share, before);
        before = share;
      }
    }
  }
}

// Optuna calls all hyperparameters equal then.
TEST(Importances, OfTrialsThatTellNothingAreNone) {
  StudyRecord study = test::study_of();
  EXPECT_TRUE(importance_of(study).empty());
  add(study, 0.5, 1);
  add(study, 0.1, 2, TrialState::pruned);
  add(study, 0.2, INFINITY);
  EXPECT_TRUE(importance_of(study).empty()) << "one trial";
  add(study, 0.7, 1);
  EXPECT_TRUE(importance_of(study).empty()) << "all alike";
  add(study, 0.9, 3);
  ASSERT_EQ(importance_of(study).size(), 1u);
  EXPECT_EQ(importance_of(study)[0].share, 1);
  EXPECT_TRUE(importance_of(study, 1).empty()) << "an objective that no trial has";
}

TEST(Importances, OfASingleValueIsNone) {
  StudyRecord study = test::study_of();
  for (int i = 0; i < 20; ++i) add(study, 0.5, i, TrialState::complete, {0.5, 0.5});
  EXPECT_TRUE(importance_of(study).empty());
  for (Trial& trial : study.trials) {
    trial.point["y"] = std::abs(trial.values[0] - 3) / 20;
    trial.distributions["y"] = FloatDistribution{0, 1};
  }
  const auto found = importance_of(study);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].name, "y");
  EXPECT_EQ(found[0].share, 1);
  EXPECT_EQ(found[1].share, 0);
}

}  // namespace
}  // namespace tutti
