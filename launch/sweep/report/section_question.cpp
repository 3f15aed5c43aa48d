// What was asked, what is best, and every trial.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "launch/slurm/slurm_script.h"
#include "launch/sweep/report/study_sections.h"
#include "launch/sweep/sweep_table.h"
#include "launch/yaml_writer.h"
#include "scheduler/study/journal_line.h"

namespace tutti {
namespace {

using Row = std::vector<std::string>;

constexpr size_t kMostBest = 50, kMostRows = 2000;

double seconds_between(const std::string& from, const std::string& to) {
  const auto begin = unix_time_of(from), end = unix_time_of(to);
  return begin && end ? seconds_of(*end - *begin) : std::nan("");
}

// From the first trial's begin to the last one's end.
double whole_time(const StudyRecord& record) {
  std::string from, to;
  for (const Trial& trial : record.trials) {
    if (!trial.started.empty() && (from.empty() || trial.started < from)) from = trial.started;
    to = std::max(to, trial.ended);
  }
  return seconds_between(from, to);
}

std::string failure_of(const Trial& trial) {
  const auto failure = trial.user_attributes.find(kFailure);
  if (failure == trial.user_attributes.end() || !failure->second.is_string()) return "";
  return failure->second.get<std::string>();
}

Row objective_names(const SweepSource& source) {
  Row names;
  for (const auto& objective : source.study.objectives) names.push_back(objective.metric);
  return names;
}

void add_cells(Row& row, const SweepSource& source, const Trial& trial) {
  for (const std::string& name : source.study.space.names())
    row.push_back(value_text(source.study.space, trial, name));
}

std::string number_text(double value) { return fmt::format("{:.6g}", value); }

void add_usage(Page& page, const SweepSource& source, const Trial& trial) {
  const std::string folder = slurm::shell_word(source.folder.path().string());
  const std::string run = slurm::shell_word(source.folder.run(trial.number).string());
  const std::string job = slurm::shell_word(source.folder.job(trial.number).string());
  page.paragraph(fmt::format("How to use trial {}:", trial.number));
  std::vector<Row> rows{
      {"what it says of new rows",
       fmt::format("tutti predict {} --input x.csv --output y.csv", run)},
      {"how good it is on other data", fmt::format("tutti evaluate {} --data test.csv", run)},
      {"its model, for Keras", source.best.size() == 1
                                   ? fmt::format("tutti sweep export {} best.keras", folder)
                                   : fmt::format("tutti convert {} best.keras", run)},
      {"where and why it fails", fmt::format("tutti report {}", run)},
      {"its job, trained anew for longer",
       fmt::format("tutti train {} --run runs/longer --set fit.epochs=100", job)}};
  page.table({"", ""}, rows);
}

void add_failures(Page& page, const SweepSource& source) {
  std::map<std::string, int64_t> reasons;
  int64_t failed = 0;
  const Trial* last = nullptr;
  for (const Trial& trial : source.record.trials) {
    if (trial.state != TrialState::failed) continue;
    ++failed;
    ++reasons[failure_of(trial)];
    last = &trial;
  }
  if (!last) return;
  const auto most = std::max_element(reasons.begin(), reasons.end(),
                                     [](auto& a, auto& b) { return a.second < b.second; });
  const std::string why = most->first.empty() ? "nobody wrote down why" : most->first;
  page.note(
      failed == 1 ? "A trial failed" : fmt::format("{} trials failed", failed),
      most->second == failed ? why : fmt::format("{} of them: {}", most->second, why),
      fmt::format(
          "read what it printed, {}; the table of all trials tells of each",
          (source.folder.path() / "output" / (std::to_string(last->number) + ".log")).string()));
}

void add_space(Page& page, const SweepSource& source) {
  std::vector<Row> rows;
  bool conditions = false;
  for (const auto& each : source.study.space.hyperparameters()) {
    rows.push_back({each.name, to_string(each.distribution), when_text(each)});
    conditions = conditions || !each.conditions.empty();
  }
  if (!conditions)
    for (Row& row : rows) row.pop_back();
  page.table(
      conditions ? Row{"hyperparameter", "values", "only where"} : Row{"hyperparameter", "values"},
      rows);
}

std::string kind_text(const SweepSource& source, const char* key, const char* otherwise) {
  const Config* given = source.study.whole.find(key);
  return given ? to_string(*given) : otherwise;
}

}  // namespace

void add_sweep_facts(Page& page, const SweepSource& source) {
  if (source.best.size() == 1)
    for (size_t k = 0; k < source.best[0]->values.size(); ++k)
      page.fact(fmt::format("{:.4g}", source.best[0]->values[k]),
                "best " + objective_name(source, k));
  page.fact(std::to_string(source.record.trials.size()),
            source.record.trials.size() == 1 ? "trial" : "trials");
  size_t epochs = 0;
  for (const Trial& trial : source.record.trials) epochs += trial.intermediate.size();
  if (epochs > 0) page.fact(std::to_string(epochs), "epochs in all");
  if (const double time = whole_time(source.record); time >= 0) page.fact(time_text(time), "time");
}

void add_best_trials(Page& page, const SweepSource& source) {
  const auto& best = source.best;
  page.section(best.size() > 1 ? "The best trials" : "The best trial");
  if (best.empty()) page.paragraph("No trial is complete, so none is the best.");
  std::vector<Row> rows;
  if (best.size() == 1) {
    page.paragraph(fmt::format("Trial {} of {}.", best[0]->number, source.record.trials.size()));
    for (size_t k = 0; k < best[0]->values.size(); ++k)
      rows.push_back({objective_name(source, k), number_text(best[0]->values[k])});
    for (const std::string& name : source.study.space.names())
      if (best[0]->point.contains(name))
        rows.push_back({name, value_text(source.study.space, *best[0], name)});
    page.table({"", ""}, rows);
  } else if (best.size() > 1) {
    page.paragraph(fmt::format(
        "There are {} trials that no other is better than in all objectives{}.", best.size(),
        best.size() > kMostBest ? fmt::format("; the first {} of them", kMostBest) : ""));
    Row head{"trial"};
    for (const Row& part : {objective_names(source), source.study.space.names()})
      head.insert(head.end(), part.begin(), part.end());
    for (size_t i = 0; i < std::min(best.size(), kMostBest); ++i) {
      rows.push_back({std::to_string(best[i]->number)});
      for (const double value : best[i]->values) rows.back().push_back(number_text(value));
      add_cells(rows.back(), source, *best[i]);
    }
    page.table(head, rows);
  }
  if (!best.empty()) add_usage(page, source, *best[0]);
  add_failures(page, source);
}

void add_question(Page& page, const SweepSource& source) {
  const StudyFile& study = source.study;
  page.section("What was asked");
  std::vector<Row> rows;
  for (const auto& objective : study.objectives)
    rows.push_back(
        {"objective", fmt::format("{} as {} as can be, of the {} epoch", objective.metric,
                                  objective.direction == Direction::minimize ? "small" : "large",
                                  objective.best_epoch ? "best" : "last")});
  rows.push_back({"tuner", kind_text(source, "tuner", "TPE")});
  rows.push_back({"pruner", kind_text(source, "pruner", "none: trials go on to their end")});
  const auto bound = [&](const char* name, const auto& value) {
    if (value) rows.push_back({name, fmt::format("{}", *value)});
  };
  bound("trials at most", study.options.max_trials);
  bound("epochs at most, of all trials", study.epochs);
  if (study.time) rows.push_back({"time at most", time_text(seconds_of(*study.time))});
  if (study.executions > 1)
    rows.push_back({"each trial", fmt::format("is trained {} times with other seeds; its value is "
                                              "their mean",
                                              study.executions)});
  rows.push_back({"trials at a time", std::to_string(study.slots)});
  rows.push_back({"threads of each", std::to_string(study.threads)});
  page.table({"", ""}, rows);
  add_space(page, source);
  page.folded("The study file", write_yaml(study.whole));
}

void add_all_trials(Page& page, const SweepSource& source) {
  const auto& trials = source.record.trials;
  page.section("All trials");
  if (trials.empty()) return page.paragraph("None was begun.");
  if (trials.size() > kMostRows)
    page.paragraph(fmt::format("The first {} of {}; tutti sweep export {} trials.csv has all.",
                               kMostRows, trials.size(),
                               slurm::shell_word(source.folder.path().string())));
  const bool why =
      std::ranges::any_of(trials, [](auto& trial) { return !failure_of(trial).empty(); });
  Row head{"trial", "state"};
  for (const Row& part : {objective_names(source), Row{"epoch", "time"}, source.study.space.names(),
                          why ? Row{"why"} : Row{}})
    head.insert(head.end(), part.begin(), part.end());
  std::vector<Row> rows;
  for (size_t i = 0; i < std::min(trials.size(), kMostRows); ++i) {
    const Trial& trial = trials[i];
    Row row{std::to_string(trial.number), state_text(trial)};
    for (size_t k = 0; k < source.study.objectives.size(); ++k)
      row.push_back(k < trial.values.size() ? number_text(trial.values[k]) : "");
    row.push_back(trial.last_step() ? std::to_string(*trial.last_step()) : "");
    const double time = seconds_between(trial.started, trial.ended);
    row.push_back(std::isnan(time) ? "" : time_text(time));
    add_cells(row, source, trial);
    if (why) row.push_back(failure_of(trial));
    rows.push_back(std::move(row));
  }
  page.table(head, rows);
}

}  // namespace tutti
