// The same courses of trials get the same verdicts from Optuna's pruners and from ours.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "scheduler/pruners/pruner.h"

namespace tutti::test {
namespace {

Config config_of_json(const nlohmann::json& json) {
  if (json.is_null()) return {};
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  Config::Map map;
  for (const auto& [key, value] : json.items()) map.emplace_back(key, config_of_json(value));
  return map;
}

void end_trial(StudyRecord& study, Trial& trial, TrialState state) {
  trial.state = state;
  if (state != TrialState::failed && !trial.intermediate.empty())
    trial.values = {trial.intermediate.rbegin()->second};
  study.finished.push_back(trial.number);
}

TEST(Pruners, SayWhatOptunaSays) {
  std::ifstream file(TUTTI_SOURCE_DIR "/tests/scheduler/goldens/pruners.json");
  const auto cases = nlohmann::json::parse(file);
  ASSERT_GE(cases.size(), 17u);
  for (const auto& item : cases) {
    SCOPED_TRACE(item["study"].dump() + item["pruner"].dump());
    const auto pruner = make<Pruner>(config_of_json(item["pruner"]));
    StudyRecord study;
    study.name = item["study"];
    study.directions = {item["direction"] == "maximize" ? Direction::maximize
                                                        : Direction::minimize};
    int stopped = 0, reports = 0;
    for (const auto& event : item["events"]) {
      const auto number = event[0].get<size_t>();
      if (event.size() == 1) {
        ASSERT_EQ(number, study.trials.size());
        study.trials.emplace_back().number = static_cast<int64_t>(number);
        continue;
      }
      Trial& trial = study.trials[number];
      if (event.size() == 2) {
        end_trial(study, trial, event[1] == "failed" ? TrialState::failed : TrialState::complete);
        continue;
      }
      trial.intermediate[event[1]] = event[2].is_null() ? std::nan("") : event[2].get<double>();
      const bool stop = event[3].get<bool>();
      ASSERT_EQ(pruner->judge(study, trial), stop ? Verdict::stop : Verdict::go_on)
          << "trial " << number << ", step " << event[1];
      if (stop) end_trial(study, trial, TrialState::pruned);
      ++reports;
      stopped += stop;
    }
    EXPECT_GT(stopped, 0);
    EXPECT_GT(reports, 5 * stopped / 4);
  }
}

}  // namespace
}  // namespace tutti::test
