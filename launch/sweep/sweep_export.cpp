#include "launch/sweep/sweep_export.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "io/formats/csv.h"
#include "launch/at_place.h"
#include "launch/run_directory.h"
#include "launch/sweep/sweep_table.h"
#include "scheduler/study/journal_line.h"

namespace tutti {
namespace {

// A table as it is filled: the head, then a line for each trial.
class TrialLines {
 public:
  explicit TrialLines(const std::vector<Trial>& trials)
      : trials_(trials), lines_(trials.size() + 1) {}

  template <typename Cell>
  void column(const std::string& name, const Cell& cell) {
    add(lines_[0], name);
    for (size_t i = 0; i < trials_.size(); ++i) add(lines_[i + 1], cell(trials_[i]));
  }
  std::string text() const { return fmt::format("{}\n", fmt::join(lines_, "\n")); }

 private:
  static void add(std::string& line, const std::string& cell) {
    if (!line.empty()) line += ',';
    line += csv_cell(cell);
  }

  const std::vector<Trial>& trials_;
  std::vector<std::string> lines_;
};

using Attributes = std::map<std::string, nlohmann::json> Trial::*;

void add_attributes(TrialLines& table, const StudyRecord& record, const std::string& prefix,
                    Attributes attributes) {
  std::set<std::string> names;
  for (const Trial& trial : record.trials)
    for (const auto& [name, value] : trial.*attributes) names.insert(name);
  for (const std::string& name : names)
    table.column(prefix + name, [&](const Trial& trial) -> std::string {
      const auto found = (trial.*attributes).find(name);
      if (found == (trial.*attributes).end()) return "";
      return found->second.is_string() ? found->second.get<std::string>() : found->second.dump();
    });
}

void add_values(TrialLines& table, const StudyFile& study, const StudyRecord& record) {
  for (size_t i = 0; i < record.directions.size(); ++i) {
    const bool alone = record.directions.size() == 1;
    const auto& metrics = study.objectives;
    table.column(
        alone ? "value" : "values_" + (i < metrics.size() ? metrics[i].metric : std::to_string(i)),
        [&](const Trial& trial) {
          return i < trial.values.size() ? fmt::format("{}", trial.values[i]) : std::string();
        });
  }
}

void add_hyperparameters(TrialLines& table, const StudyFile& study, const StudyRecord& record) {
  std::vector<std::string> names = study.space.names();
  for (const Trial& trial : record.trials)
    for (const auto& [name, number] : trial.point)  // other programs may try others
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  for (const std::string& name : names)
    table.column("params_" + name, [&](const Trial& trial) -> std::string {
      const auto value = value_in(study.space, trial, name);
      if (!value || value->is_null()) return "";
      return value->is_string() ? value->as_string() : to_string(*value);
    });
}

std::string duration_of(const Trial& trial) {
  const auto from = unix_time_of(trial.started), to = unix_time_of(trial.ended);
  return from && to ? fmt::format("{}", seconds_of(*to - *from)) : "";
}

const Trial& only_best(const SweepFolder& folder, const StudyFile& study,
                       const StudyRecord& record) {
  const auto best = best_trials(record);
  if (best.empty())
    fail(ExitCode::data, folder.path().string(), "no trial is complete; {}",
         sweep_counts(study, record));
  if (best.size() > 1) {
    std::vector<int64_t> numbers;
    for (const Trial* trial : best) numbers.push_back(trial->number);
    fail(
        ExitCode::usage, folder.path().string(),
        "no other trial is better than trials {}; choose one of them: tutti convert {} model.keras",
        fmt::join(numbers, ", "), folder.run(best[0]->number).string());
  }
  return *best[0];
}

}  // namespace

std::string trials_csv(const StudyFile& study, const StudyRecord& record) {
  TrialLines table(record.trials);
  table.column("number", [](const Trial& trial) { return std::to_string(trial.number); });
  table.column("state", state_text);
  add_values(table, study, record);
  table.column("epoch", [](const Trial& trial) {
    return trial.last_step() ? std::to_string(*trial.last_step()) : std::string();
  });
  add_hyperparameters(table, study, record);
  table.column("datetime_start", [](const Trial& trial) { return trial.started; });
  table.column("datetime_complete", [](const Trial& trial) { return trial.ended; });
  table.column("duration", duration_of);
  add_attributes(table, record, "user_attrs_", &Trial::user_attributes);
  add_attributes(table, record, "system_attrs_", &Trial::system_attributes);
  return table.text();
}

std::string export_sweep(const SweepFolder& folder, const std::filesystem::path& file) {
  const bool is_table = file.extension() == ".csv";
  if (!is_table && file.extension() != ".keras")
    fail(ExitCode::usage, file.string(),
         "'{}' is no ending that a sweep is exported to; use .csv for all trials, .keras for the "
         "best one's model",
         file.extension().string());
  const StudyFile study = folder.begun();
  const StudyRecord record = folder.record(study);
  if (is_table) {
    FileSystem::current().write_atomically(file, trials_csv(study, record));
    return fmt::format("{} trials in {}", record.trials.size(), file.string());
  }
  const Trial& best = only_best(folder, study, record);
  const std::string run = folder.run(best.number).string();
  at_file(run, [&] { open_run(run).model.model->save(file.string()); });
  return fmt::format("the model of trial {} ({}) in {}", best.number, values_text(study, best),
                     file.string());
}

}  // namespace tutti
