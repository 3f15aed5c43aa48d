#include "scheduler/study/journal_record.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/io/error_check.h"

namespace tutti {
namespace {

// Lines as Optuna writes them, with another's worker_id.
std::string line(int op, const std::string& rest) {
  return R"({"op_code":)" + std::to_string(op) + R"(,"worker_id":"6f-1",)" + rest + "}";
}
const std::string kStudy = line(0, R"("study_name":"a","directions":[1])");
const std::string kTrial =
    line(4, R"("study_id":0,"datetime_start":"2026-11-26T10:00:00.5+00:00")");

std::string parameter(int trial, const std::string& name, double value, const std::string& json) {
  return line(5, fmt::format(R"("trial_id":{},"param_name":"{}","param_value_internal":{},)"
                             R"("distribution":{})",
                             trial, name, value, nlohmann::json(json).dump()));
}
const std::string kFloat =
    R"({"name":"FloatDistribution","attributes":{"step":null,"low":0.0,"high":1.0,"log":false}})";
const std::string kLogFloat =
    R"({"name":"FloatDistribution","attributes":{"step":null,"low":0.1,"high":1.0,"log":true}})";
const std::string kInt =
    R"({"name":"IntDistribution","attributes":{"step":1,"low":0,"high":9,"log":false}})";
const std::string kChoice =
    R"({"name":"CategoricalDistribution","attributes":{"choices":["x","y"]}})";

JournalRecord record_of(const std::vector<std::string>& lines) {
  JournalRecord record("j");
  for (const auto& one : lines) record.apply(one);
  return record;
}

TEST(JournalRecord, HoldsWhatTheLinesSay) {
  const auto record = record_of(
      {kStudy, kTrial, kTrial, parameter(0, "x", 0.5, kFloat), parameter(0, "c", 1, kChoice),
       line(7, R"("trial_id":0,"step":1,"intermediate_value":NaN)"),
       line(8, R"("trial_id":0,"user_attr":{"note":[1]})"),
       line(9, R"("trial_id":0,"system_attr":{"constraints":[0.5]})"),
       line(6, R"("trial_id":1,"state":3,"values":null,"datetime_complete":"b")"),
       line(6, R"("trial_id":0,"state":1,"values":[2.5],"datetime_complete":"c")"),
       line(2, R"("study_id":0,"user_attr":{"u":1})"),
       line(3, R"("study_id":0,"system_attr":{"s":2})"), line(10, R"("whatever":0)")});
  ASSERT_EQ(record.find("a"), 0);
  EXPECT_FALSE(record.find("b"));
  const StudyRecord& study = record.study(0).record;
  EXPECT_EQ(study.directions, std::vector{Direction::minimize});
  EXPECT_EQ(study.finished, (std::vector<int64_t>{1, 0}));
  EXPECT_EQ(study.user_attributes.at("u"), 1);
  EXPECT_EQ(study.system_attributes.at("s"), 2);
  const Trial& trial = study.trials[0];
  EXPECT_EQ(trial.state, TrialState::complete);
  EXPECT_EQ(trial.values, std::vector{2.5});
  EXPECT_EQ(trial.point, (Point{{"c", 1}, {"x", 0.5}}));
  EXPECT_TRUE(std::isnan(trial.intermediate.at(1)));
  EXPECT_EQ(trial.user_attributes.at("note"), nlohmann::json({1}));
  EXPECT_EQ(trial.violation(), 0.5);
  EXPECT_EQ(trial.ended, "c");
  EXPECT_EQ(study.trials[1].state, TrialState::failed);
  EXPECT_EQ(record.lines(), 13);
}

TEST(JournalRecord, PassesOverWhatComesTooLate) {
  const auto record = record_of(
      {kStudy, kStudy, kTrial,
       line(6, R"("trial_id":0,"state":1,"values":[1],"datetime_complete":"a")"),
       line(6, R"("trial_id":0,"state":3,"values":null,"datetime_complete":"b")"),
       parameter(0, "x", 0.5, kFloat), line(7, R"("trial_id":0,"step":1,"intermediate_value":1)"),
       // A name keeps its kind of distribution.
       kTrial, parameter(1, "x", 0.5, kFloat), kTrial, parameter(2, "x", 0.5, kLogFloat),
       parameter(2, "x", 1, kChoice), line(0, R"("study_name":"b","directions":[2])"),
       line(1, R"("study_id":1)"), line(4, R"("study_id":1,"datetime_start":null)"),
       line(0, R"("study_name":"b","directions":[1])"),
       line(4, R"("study_id":2,"datetime_start":null)")});
  const StudyRecord& study = record.study(0).record;
  EXPECT_EQ(study.trials[0].state, TrialState::complete);
  EXPECT_TRUE(study.trials[0].point.empty());
  EXPECT_TRUE(study.trials[0].intermediate.empty());
  EXPECT_EQ(study.finished, (std::vector<int64_t>{0}));
  EXPECT_EQ(study.trials[1].point, (Point{{"x", 0.5}}));
  EXPECT_TRUE(study.trials[2].point.empty());
  EXPECT_EQ(record.find("b"), 2);
  EXPECT_EQ(record.study(2).trial_ids, (std::vector<int64_t>{3}));
  EXPECT_EQ(record.study_names(), (std::vector<std::string>{"a", "b"}));
}

TEST(JournalRecord, OfTwoThatTakeAQueuedTrialTheFirstHasIt) {
  const std::string waiting =
      line(4, R"("study_id":0,"datetime_start":null,"state":4,"value":null,"values":null,)"
              R"("distributions":{},"params":{},"user_attrs":{},)"
              R"("system_attrs":{"fixed_params":{"x":0.5}},"intermediate_values":{})");
  auto record = record_of({kStudy, waiting});
  EXPECT_EQ(record.study(0).in(TrialState::waiting).size(), 1u);
  record.apply(journal::state(0, TrialState::running, {}, "ours"));
  record.apply(line(6, R"("trial_id":0,"state":0,"values":null,"datetime_start":"theirs")"));
  EXPECT_EQ(record.study(0).record.trials[0].started, "ours");
  EXPECT_TRUE(record.study(0).ours[0]);
  EXPECT_TRUE(record.study(0).in(TrialState::waiting).empty());
}

TEST(JournalRecord, KnowsWhatTuttiReportedLast) {
  auto record = record_of({kStudy, kTrial});
  EXPECT_FALSE(record.study(0).last_reported);
  record.apply(journal::intermediate(0, 1, 0.5));
  record.apply(line(8, R"("trial_id":0,"user_attr":{"note":"of another"})"));
  EXPECT_EQ(record.study(0).last_reported, 0);
  record.apply(journal::system_attribute(0, kSuspended, true));
  EXPECT_FALSE(record.study(0).last_reported);
}

TEST(JournalRecord, TakesAReportAsItsLine) {
  const double nan = std::nan("");
  const std::vector<std::pair<int64_t, double>> reports{{1, 0.1}, {2, nan}, {3, -1e-300}, {3, 7}};
  auto told = record_of({kStudy, kTrial, kTrial}), read = record_of({kStudy, kTrial, kTrial});
  for (const auto& [step, value] : reports) {
    told.report(1, step, value);
    read.apply(journal::intermediate(1, step, value));
  }
  const auto& values = told.study(0).record.trials[1].intermediate;
  const auto& lines = read.study(0).record.trials[1].intermediate;
  ASSERT_EQ(values.size(), lines.size());
  for (const auto& [step, value] : lines)
    EXPECT_TRUE(values.at(step) == value || (std::isnan(value) && std::isnan(values.at(step))));
  EXPECT_EQ(told.study(0).last_reported, read.study(0).last_reported);
  EXPECT_EQ(told.lines(), read.lines());
  told.apply(journal::state(1, TrialState::failed, {}, "ended"));
  told.report(1, 4, 1);
  EXPECT_EQ(told.study(0).record.trials[1].intermediate.size(), lines.size());
}

TEST(JournalRecord, NamesTheLineThatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> bad{
      {line(11, R"("trial_id":0)"), "op_code 11 is unknown"},
      {line(-1, R"("trial_id":0)"), "op_code -1 is unknown"},
      {R"({"worker_id":"a"})", "key 'op_code' not found"},
      {R"({"op_code":"0"})", "is no integer"},
      {line(2, R"("study_id":1,"user_attr":{})"), "study 1 does not exist"},
      {line(7, R"("trial_id":1,"step":0,"intermediate_value":0)"), "trial 1 does not exist"},
      {line(7, R"("trial_id":-1,"step":0,"intermediate_value":0)"), "trial -1 does not exist"},
      {line(7, R"("trial_id":0,"step":0,"intermediate_value":"a")"), "type must be number"},
      {line(7, R"("trial_id":NaN,"step":0,"intermediate_value":0)"), "is no integer"},
      {line(7, R"("trial_id":0,"step":0.5,"intermediate_value":0)"), "0.5 is no integer"},
      {line(6, R"("trial_id":0,"state":5,"values":null)"), "state 5 is unknown"},
      {line(6, R"("trial_id":0,"state":1,"values":1,"datetime_complete":"")"), "must be array"},
      {line(8, R"("trial_id":0,"user_attr":3)"), "attributes are no object"},
      {line(0, R"("study_name":"b","directions":[0])"), "direction 0 is unknown"},
      {line(0, R"("study_name":"b","directions":[])"), "has no direction"},
      {line(0, R"("study_name":1,"directions":[1])"), "must be string"},
      {parameter(0, "c", 2, kChoice), "choice 2 is none of 2"},
      {parameter(0, "n", 1e300, kInt), "is no integer of a hyperparameter"},
      {parameter(0, "c", 0, "{}"), "is damaged"},
      {parameter(0, "c", 0, std::string(200, '[')), "nests 200 deep"},
      {line(4, R"("study_id":0,"datetime_start":null,"params":{"x":1})"),
       "'x' has no distribution"},
      {line(4, R"("study_id":0,"datetime_start":null,"intermediate_values":{"1x":1})"),
       "step '1x' is no number"},
      {"garbage", "is no line of a journal"}};
  for (const auto& one : bad) {
    const std::string &text = one.first, &what = one.second;
    auto record = record_of({kStudy, kTrial});
    EXPECT_TRUE(throws_with([&] { record.apply(text); }, {"[j:3] ", what})) << text;
  }
}

}  // namespace
}  // namespace tutti
