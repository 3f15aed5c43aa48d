#include "scheduler/tuners/finished_trials.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tutti {
namespace {

bool is_same_space(const SearchSpace& a, const SearchSpace& b) {
  return std::equal(a.hyperparameters().begin(), a.hyperparameters().end(),
                    b.hyperparameters().begin(), b.hyperparameters().end(),
                    [](const Hyperparameter& x, const Hyperparameter& y) {
                      return x.name == y.name && x.distribution == y.distribution &&
                             x.conditions.size() == y.conditions.size();
                    });
}

const void* address_of(const Trial& trial) {
  return trial.point.empty() ? nullptr : &*trial.point.begin();
}

double value_of_trial(const Trial& trial, size_t objective) {
  if (objective < trial.values.size()) return trial.values[objective];
  if (objective == 0 && !trial.intermediate.empty()) return trial.intermediate.rbegin()->second;
  return std::nan("");
}

}  // namespace

double loss_of_trial(const StudyRecord& study, const Trial& trial, size_t objective) {
  const double value = value_of_trial(trial, objective);
  return std::isnan(value) ? std::numeric_limits<double>::infinity()
                           : loss_of(study.directions[objective], value);
}

bool FinishedTrials::is_same(const Seen& seen, const Trial& trial) {
  const double value = value_of_trial(trial, 0);
  if (seen.number != trial.number || seen.state != trial.state ||
      seen.point.size() != trial.point.size() ||
      (seen.value != value && !(std::isnan(seen.value) && std::isnan(value))))
    return false;
  if (!trial.point.empty() && seen.address == address_of(trial))
    return seen.point.front() == trial.point.begin()->second;
  return std::equal(seen.point.begin(), seen.point.end(), trial.point.begin(),
                    [](double number, const auto& named) { return number == named.second; });
}

bool FinishedTrials::are_those_of(const Question& question) {
  const StudyRecord& study = question.study;
  bool same = begun_ && seed_ == question.seed && directions_ == study.directions &&
              is_same_space(space_, question.space) && seen_.size() <= study.finished.size();
  for (size_t i = 0; same && i < seen_.size(); ++i)
    same = is_same(seen_[i], study.trials[static_cast<size_t>(study.finished[i])]);
  if (same) return true;
  *this = FinishedTrials();
  begun_ = true;
  space_ = question.space;
  directions_ = study.directions;
  seed_ = question.seed;
  return false;
}

void FinishedTrials::add(const Trial& trial) {
  Seen seen{address_of(trial), trial.number, trial.state, value_of_trial(trial, 0), {}};
  for (const auto& [name, number] : trial.point) seen.point.push_back(number);
  seen_.push_back(std::move(seen));
}

}  // namespace tutti
