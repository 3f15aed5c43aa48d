#include "launch/sweep/sweep_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "core/base/error.h"
#include "core/base/terminal.h"
#include "scheduler/tuners/dominance.h"

namespace tutti {
namespace {

constexpr const char* kStates[] = {"running", "complete", "pruned", "failed", "waiting"};

// The value of a trial, or how far it is.
std::string value_cell(const StudyFile& study, const Trial& trial) {
  if (!trial.values.empty()) return values_text(study, trial);
  return trial.intermediate.empty() ? ""
                                    : fmt::format("{:.4f}", trial.intermediate.rbegin()->second);
}

std::string row_of(const StudyFile& study, const Trial& trial) {
  const auto epoch = trial.last_step();
  return fmt::format("{:>7}  {:<9}  {:>10}  {:>6}  {}", trial.number, state_text(trial),
                     value_cell(study, trial), epoch ? std::to_string(*epoch) : "",
                     point_text(study.space, trial));
}

}  // namespace

std::string state_text(const Trial& trial) {
  return trial.suspended() ? "suspended" : kStates[static_cast<int>(trial.state)];
}

std::string time_text(double seconds) {
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  if (seconds < 90) return fmt::format("{:.0f} s", seconds);
  return seconds < 5400 ? fmt::format("{:.0f} min", seconds / 60)
                        : fmt::format("{:.1f} h", seconds / 3600);
}

std::optional<Config> value_in(const SearchSpace& space, const Trial& trial,
                               const std::string& name) {
  const auto number = trial.point.find(name);
  const auto known = trial.distributions.find(name);
  const Hyperparameter* ours = space.find(name);
  if (number == trial.point.end() || (known == trial.distributions.end() && !ours)) return {};
  return value_of(known == trial.distributions.end() ? ours->distribution : known->second,
                  number->second);
}

std::string value_text(const SearchSpace& space, const Trial& trial, const std::string& name) {
  const auto value = value_in(space, trial, name);
  if (!value) return "";
  const bool is_float = value->is_number() && !value->is_int();
  return is_float ? fmt::format("{:.4g}", value->as_double()) : to_string(*value);
}

std::string sweep_counts(const StudyFile& study, const StudyRecord& record) {
  std::map<std::string, int64_t> counts;
  for (const Trial& trial : record.trials) ++counts[state_text(trial)];
  const auto begun = static_cast<int64_t>(record.trials.size()) - counts["waiting"];
  std::string text;
  for (const char* state : {"complete", "pruned", "failed", "running", "suspended", "waiting"})
    if (counts[state] > 0)
      text += fmt::format("{}{} {}", text.empty() ? ": " : ", ", counts[state], state);
  const auto& most = study.options.max_trials;
  return fmt::format("{}{} trials begun{}", begun, most ? fmt::format(" of {}", *most) : "", text);
}

std::string point_text(const SearchSpace& space, const Trial& trial) {
  std::string text;
  for (const std::string& name : space.names())
    if (trial.point.contains(name))
      text +=
          fmt::format("{}{} {}", text.empty() ? "" : ", ", name, value_text(space, trial, name));
  return text;
}

std::string values_text(const StudyFile& study, const Trial& trial) {
  std::string text;
  for (size_t i = 0; i < trial.values.size(); ++i) {
    const bool named = trial.values.size() > 1 && i < study.objectives.size();
    text += fmt::format("{}{}{:.4f}", text.empty() ? "" : ", ",
                        named ? study.objectives[i].metric + " " : "", trial.values[i]);
  }
  return text;
}

std::string trial_line(const StudyFile& study, const Trial& trial) {
  const auto failure = trial.user_attributes.find(kFailure);
  std::string what = state_text(trial);
  if (trial.state == TrialState::failed) {
    if (failure != trial.user_attributes.end() && failure->second.is_string())
      what += ": " + one_line(failure->second.get<std::string>());
  } else if (trial.state == TrialState::running && !trial.suspended()) {
    what = "begins";
  } else {
    const auto epoch = trial.last_step();
    what += fmt::format(": {} {}{}", study.objectives[0].metric, value_cell(study, trial),
                        epoch ? fmt::format(" at epoch {}", *epoch) : "");
  }
  return fmt::format("[trial {}] {}; {}", trial.number, what, point_text(study.space, trial));
}

std::vector<const Trial*> best_trials(const StudyRecord& record) {
  if (record.directions.size() > 1) return pareto_front(record);
  const auto ranking = record.ranking();
  if (ranking.empty()) return {};
  return {ranking[0]};
}

std::vector<std::string> sweep_table(const StudyFile& study, const StudyRecord& record, size_t rows,
                                     int columns, std::optional<double> left) {
  std::vector<std::string> lines;
  const auto best = best_trials(record);
  std::string head = fmt::format("{}: {}", study.options.name, sweep_counts(study, record));
  if (best.size() == 1 && record.directions.size() == 1)
    head += fmt::format("; best {} {} (trial {})", study.objectives[0].metric,
                        values_text(study, *best[0]), best[0]->number);
  if (left) head += fmt::format("; about {} left", time_text(*left));
  lines.push_back(head);
  std::vector<const Trial*> shown;
  for (const Trial& trial : record.trials)
    if (trial.state == TrialState::running) shown.push_back(&trial);
  const auto ranked = record.directions.size() == 1 ? record.ranking() : best;
  for (size_t i = 0; i < std::min(rows, ranked.size()); ++i) shown.push_back(ranked[i]);
  if (!shown.empty())
    lines.push_back(fmt::format("{:>7}  {:<9}  {:>10}  {:>6}  {}", "trial", "state",
                                study.objectives[0].metric, "epoch", "hyperparameters"));
  for (const Trial* trial : shown) lines.push_back(row_of(study, *trial));
  for (std::string& line : lines)
    if (columns > 0 && line.size() > static_cast<size_t>(columns))
      line = line.substr(0, static_cast<size_t>(columns));
  return lines;
}

void SweepDisplay::erase() const {
  for (size_t i = 0; i < drawn_.size(); ++i) std::cout << "\x1b[1A\x1b[2K";
}

void SweepDisplay::say(const std::string& line) {
  erase();
  std::cout << line << "\n";
  for (const auto& each : drawn_) std::cout << each << "\n";
  std::cout << std::flush;
}

void SweepDisplay::draw(std::vector<std::string> table) {
  if (!watched_ || table == drawn_) return;
  erase();
  drawn_ = std::move(table);
  for (const auto& each : drawn_) std::cout << each << "\n";
  std::cout << std::flush;
}

}  // namespace tutti
