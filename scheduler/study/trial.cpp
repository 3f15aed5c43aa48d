#include "scheduler/study/trial.h"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace tutti {
namespace {

// Optuna 4 kept all constraints in one list; Optuna 5 keeps each under "constraints:<name>".
constexpr std::string_view kConstraints = "constraints";

double number_or_nan(const nlohmann::json& json) {
  return json.is_number() ? json.get<double>() : std::nan("");
}

}  // namespace

std::vector<double> Trial::constraints() const {
  std::vector<double> all;
  for (auto at = system_attributes.lower_bound(std::string(kConstraints));
       at != system_attributes.end() && at->first.starts_with(kConstraints); ++at) {
    if (at->first == kConstraints && at->second.is_array())
      for (const nlohmann::json& one : at->second) all.push_back(number_or_nan(one));
    else if (at->first.substr(kConstraints.size()).starts_with(':'))
      all.push_back(number_or_nan(at->second));
  }
  return all;
}

double Trial::violation() const {
  double sum = 0;
  for (const double constraint : constraints())
    // What is no number was not kept.
    sum += std::isnan(constraint) ? INFINITY : std::max(constraint, 0.0);
  return sum;
}

std::optional<int64_t> Trial::last_step() const {
  if (intermediate.empty()) return {};
  return intermediate.rbegin()->first;
}

bool Trial::suspended() const {
  if (state != TrialState::running) return false;
  const auto found = system_attributes.find(kSuspended);
  return found != system_attributes.end() && found->second == true;
}

std::vector<const Trial*> StudyRecord::ranking() const {
  std::vector<const Trial*> best;
  if (directions.size() != 1) return best;
  for (const Trial& trial : trials)
    if (trial.state == TrialState::complete && trial.values.size() == 1 &&
        !std::isnan(trial.values[0]) && trial.violation() == 0)
      best.push_back(&trial);
  std::stable_sort(best.begin(), best.end(), [this](const Trial* a, const Trial* b) {
    return loss_of(directions[0], a->values[0]) < loss_of(directions[0], b->values[0]);
  });
  return best;
}

}  // namespace tutti
