#include "launch/sweep/report/sweep_source.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "launch/sweep/sweep_table.h"

namespace tutti {
namespace {

constexpr double kRoom = 0.04;       // at the ends of a range
constexpr double kLogarithmic = 50;  // largest beside least value from which on an axis is so

std::string last_part(const std::string& name) { return name.substr(name.rfind('.') + 1); }

}  // namespace

SweepSource sweep_source(const SweepFolder& folder, const StudyFile& study,
                         const StudyRecord& record) {
  SweepSource source{folder, study, record};
  source.best = best_trials(record);
  std::map<std::string, double> shares;
  for (size_t k = 0; k < record.directions.size(); ++k) {
    source.importances.push_back(importance_of(record, k));
    for (const auto& [name, share] : source.importances.back()) shares[name] += share;
  }
  for (const Hyperparameter& each : study.space.hyperparameters())
    if (count_of(each.distribution) != 1) source.varied.push_back(&each);
  std::stable_sort(source.varied.begin(), source.varied.end(),
                   [&](auto* a, auto* b) { return shares[a->name] > shares[b->name]; });
  return source;
}

std::vector<ScoredTrial> scored_trials(const SweepSource& source, size_t objective) {
  std::vector<ScoredTrial> scored;
  for (const Trial& trial : source.record.trials)
    if (trial.state == TrialState::complete && objective < trial.values.size() &&
        std::isfinite(trial.values[objective]))
      scored.push_back({&trial, trial.values[objective]});
  return scored;
}

const std::string& objective_name(const SweepSource& source, size_t objective) {
  return source.study.objectives.at(objective).metric;
}

drawing::Axis objective_axis(const SweepSource& source, size_t objective) {
  std::vector<double> values;
  for (const ScoredTrial& each : scored_trials(source, objective)) values.push_back(each.value);
  return drawing::axis_over(objective_name(source, objective), {values}, kLogarithmic);
}

drawing::Axis axis_over_range(const Hyperparameter& hyperparameter) {
  const Distribution& distribution = hyperparameter.distribution;
  const auto edges = edges_of(distribution);
  drawing::Axis axis{hyperparameter.name, edges.front(), edges.back(), false};
  if (const auto* choices = std::get_if<CategoricalDistribution>(&distribution)) {
    axis.low -= 0.5, axis.high += 0.5;
    for (const Config& choice : choices->choices) axis.words.push_back(to_string(choice));
    return axis;
  }
  const auto* integers = std::get_if<IntDistribution>(&distribution);
  axis.whole = integers != nullptr;
  axis.logarithmic = integers ? integers->log : std::get<FloatDistribution>(distribution).log;
  if (axis.logarithmic) {
    const double factor = std::pow(axis.high / axis.low, kRoom);
    axis.low /= factor, axis.high *= factor;
  } else {
    const double room = (axis.high - axis.low) * kRoom;
    axis.low -= room, axis.high += room;
  }
  return axis;
}

std::optional<double> number_in(const Hyperparameter& hyperparameter, const Trial& trial) {
  const auto number = trial.point.find(hyperparameter.name);
  const auto known = trial.distributions.find(hyperparameter.name);
  if (number == trial.point.end() || !contains(hyperparameter.distribution, number->second))
    return {};
  if (known != trial.distributions.end() && known->second != hyperparameter.distribution) return {};
  return number->second;
}

std::string short_name(const SweepSource& source, const std::string& name) {
  const std::string part = last_part(name);
  const auto names = source.study.space.names();
  const auto same = std::count_if(names.begin(), names.end(),
                                  [&](const auto& other) { return last_part(other) == part; });
  return same > 1 ? name : part;
}

}  // namespace tutti
