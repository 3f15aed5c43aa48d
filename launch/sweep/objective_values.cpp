#include "launch/sweep/objective_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace tutti {
namespace {

double value_of(const StudyObjective& objective, std::vector<double> values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.empty()) return std::nan("");
  if (!objective.best_epoch) return values.back();
  return objective.direction == Direction::maximize ? std::ranges::max(values)
                                                    : std::ranges::min(values);
}

}  // namespace

void require_measured(const std::vector<StudyObjective>& objectives,
                      const std::vector<std::string>& metrics) {
  for (const auto& objective : objectives)
    if (std::ranges::find(metrics, objective.metric) == metrics.end())
      fail(objective.place, "no epoch measures '{}'{}; the job's epochs measure {}",
           objective.metric, did_you_mean(objective.metric, metrics), fmt::join(metrics, ", "));
}

std::vector<double> values_of(const std::vector<StudyObjective>& objectives,
                              const std::map<std::string, std::vector<double>>& history) {
  std::vector<std::string> names;
  for (const auto& [name, values] : history)
    if (name != "epoch") names.push_back(name);
  require_measured(objectives, names);
  std::vector<double> values;
  for (const auto& objective : objectives)
    values.push_back(value_of(objective, history.at(objective.metric)));
  return values;
}

}  // namespace tutti
