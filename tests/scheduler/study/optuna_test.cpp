// What Optuna wrote, and what Optuna reads of what Tutti wrote:
// tests/peers/scheduler/optuna_journals.py.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <sstream>

#include "tests/io/checkpoint/memory_files.h"
#include "tests/number_in_environment.h"
#include "tests/scheduler/study/simulated_study.h"

namespace tutti {
namespace {

using nlohmann::json;

const std::string kGoldens = TUTTI_SOURCE_DIR "/tests/scheduler/goldens/";

json plain(const json& value) {
  if (value.is_number_float() && !std::isfinite(value.get<double>())) {
    if (std::isnan(value.get<double>())) return "nan";
    return value > 0 ? "inf" : "-inf";
  }
  json inner = value;
  if (value.is_structured())
    for (auto& one : inner) one = plain(one);
  return inner;
}

json json_of(const Config& value) {
  if (value.is_null()) return nullptr;
  if (value.is_bool()) return value.as_bool();
  if (value.is_int()) return value.as_int();
  if (value.is_number()) return value.as_double();
  return value.as_string();
}

json view_of(const Trial& trial) {
  json view{{"number", trial.number},
            {"state", static_cast<int>(trial.state)},
            {"params", json::object()},
            {"distributions", json::object()},
            {"values", nullptr},
            {"intermediate", json::object()},
            {"user", trial.user_attributes},
            {"system", trial.system_attributes}};
  if (!trial.values.empty()) view["values"] = trial.values;
  for (const auto& [name, number] : trial.point)
    view["params"][name] = json_of(value_of(trial.distributions.at(name), number));
  for (const auto& [name, distribution] : trial.distributions)
    view["distributions"][name] = to_json(distribution);
  for (const auto& [step, value] : trial.intermediate)
    view["intermediate"][std::to_string(step)] = value;
  return view;
}

json view_of(const std::filesystem::path& journal) {
  JournalReader reader(journal);
  EXPECT_EQ(reader.read(), "");
  json studies = json::array();
  for (const auto& name : reader.record().study_names()) {
    const StudyRecord& record = reader.record().study(*reader.record().find(name)).record;
    json trials = json::array();
    for (const Trial& trial : record.trials) trials.push_back(view_of(trial));
    const auto ranking = record.ranking();
    studies.push_back({{"name", name},
                       {"directions", record.directions},
                       {"user", record.user_attributes},
                       {"system", record.system_attributes},
                       {"trials", trials},
                       {"best", ranking.empty() ? json() : json(ranking[0]->number)}});
  }
  return plain(studies);
}

json golden(const std::string& name) {
  return json::parse(FileSystem::current().read(kGoldens + name));
}

void expect_same(const json& found, const json& wanted) {
  EXPECT_EQ(found, wanted) << json::diff(wanted, found).dump(1);
}

TEST(Optuna, WhatItWroteIsReadAsItReadsIt) {
  expect_same(view_of(kGoldens + "optuna_journal.log"), golden("optuna_journal.json"));
}

TEST(Optuna, ReadsWhatIsWrittenHere) {
  expect_same(view_of(kGoldens + "tutti_journal.log"), golden("tutti_journal.json"));
  const std::string wanted = FileSystem::current().read(kGoldens + "tutti_journal.log");
  test::SleptClock clock;
  const Replace<Clock> standing(clock);
  test::MemoryFiles files;
  const Replace<FileSystem> replaced(files);
  test::Simulation{.journal = "/j", .pausing = true, .trials = 14}.run();
  EXPECT_EQ(files.read("/j", 1 << 30), wanted);
}

// Bytes changed, removed and repeated: a line is read, or refused with one line that names it.
TEST(Optuna, ADamagedJournalIsReadOrRefused) {
  const std::string whole = FileSystem::current().read(kGoldens + "optuna_journal.log");
  std::mt19937_64 chance(testing_support::fault_seed(9));
  int refused = 0;
  for (uint64_t i = 0; i < testing_support::fault_count(2000); ++i) {
    std::string text = whole;
    for (uint64_t changes = 1 + chance() % 3; changes > 0; --changes) {
      const size_t at = chance() % text.size(), length = chance() % 30;
      if (const auto kind = chance() % 4; kind == 0)
        text[at] = static_cast<char>(chance());
      else if (kind == 1)
        text[at] = "0123456789-eN[]{}\",:"[chance() % 20];
      else if (kind == 2)
        text.erase(at, length);
      else
        text.insert(at, text.substr(chance() % text.size(), length));
    }
    JournalRecord record("j");
    std::istringstream lines(text);
    try {
      for (std::string line; std::getline(lines, line);) record.apply(line);
    } catch (const Error& error) {
      const std::string message = error.what();
      EXPECT_TRUE(message.starts_with("[j:")) << message;
      EXPECT_EQ(message.find('\n'), std::string::npos) << message;
      EXPECT_EQ(error.code(), ExitCode::data) << message;
      ++refused;
    }
  }
  EXPECT_GT(refused, 100);
}

// A study of Optuna goes on here.
TEST(Optuna, ItsStudyGoesOnHere) {
  test::MemoryFiles files;
  files.append("/j", FileSystem::current().read(kGoldens + "optuna_journal.log"));
  const Replace<FileSystem> replaced(files);
  SearchSpace space;
  space.add({"x", FloatDistribution{}});
  space.add({"n", IntDistribution{.low = 1, .high = 9, .step = 2}});
  Study study("/j", {.name = "random", .seed = 1}, space, make<Tuner>("TPE"));
  const auto before = static_cast<int64_t>(study.record().trials.size());
  EXPECT_EQ(study.best(), 0);
  EXPECT_EQ(study.ask()->trial, before - 1) << "what was enqueued there";
  EXPECT_EQ(study.record().trials.back().point, (Point{{"n", 3}, {"x", 0.75}}));
  EXPECT_EQ(study.ask()->trial, before);
}

}  // namespace
}  // namespace tutti
