#include "scheduler/tuners/trial_table.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tutti {
namespace {

constexpr uint8_t kNeither = 2;

bool same_space(const std::vector<Hyperparameter>& a, const std::vector<Hyperparameter>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.name == y.name && x.distribution == y.distribution;
  });
}

bool is_of_use(TrialState state) {
  return state == TrialState::complete || state == TrialState::pruned ||
         state == TrialState::running;
}

// A suspended trial is known as well as one that was pruned where it pauses.
TrialState state_of(const Trial& trial) {
  return trial.suspended() ? TrialState::pruned : trial.state;
}

double loss_or_worst(Direction direction, double value) {
  return std::isnan(value) ? std::numeric_limits<double>::infinity() : loss_of(direction, value);
}

bool is_same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

template <typename Take>
void take_point(const Trial& trial, const Take& take) {
  for (const auto& [name, number] : trial.point) {
    take(static_cast<double>(name.size()));
    take(number);
  }
}

}  // namespace

TrialTable::Result TrialTable::result_of(const Trial& trial) const {
  Result result;
  result.state = state_of(trial);
  result.finished = is_finished(trial.state);
  result.attributes = trial.system_attributes.size();
  const Direction direction = directions_.front();
  if (result.state == TrialState::complete)
    result.value =
        loss_or_worst(direction, trial.values.empty() ? std::nan("") : trial.values.front());
  if (result.state == TrialState::pruned && !trial.intermediate.empty()) {
    const auto& [step, value] = *trial.intermediate.rbegin();
    result.reported = true;
    result.step = static_cast<double>(step);
    result.value = loss_or_worst(direction, value);
  }
  return result;
}

// A trial that has finished keeps its point: where that still lies in the same place, its first
// number and its result tell it from another study's.
bool TrialTable::is_read(size_t row, const Trial& trial) const {
  const Row& known = rows_[row];
  if (!(known == result_of(trial))) return false;
  if (known.finished && !trial.point.empty() && known.point == &*trial.point.begin())
    return known.first == trial.point.begin()->second && known.numbers == trial.point.size();
  const auto& seen = seen_[row];
  size_t at = 0;
  bool same = true;
  take_point(trial, [&](double number) {
    same = same && at < seen.size() && is_same(seen[at], number);
    ++at;
  });
  return same && at == seen.size();
}

void TrialTable::forget(size_t row) {
  for (auto& [hyperparameters, sides] : sides_)
    if (row < sides.side.size()) put(row, kNeither, hyperparameters, sides);
}

void TrialTable::read(size_t row, const Trial& trial) {
  auto& seen = seen_[row];
  seen.clear();
  take_point(trial, [&](double number) { seen.push_back(number); });
  rows_[row] = {result_of(trial)};
  if (!trial.point.empty()) {
    rows_[row].point = &*trial.point.begin();
    rows_[row].first = trial.point.begin()->second;
    rows_[row].numbers = trial.point.size();
  }
  const TrialState state = rows_[row].state;
  if (!is_of_use(state)) return;
  if (state != TrialState::running) rows_[row].violation = trial.violation();
  std::vector<bool> pattern;
  for (size_t h = 0; h < columns_.size(); ++h) {
    const auto& [name, distribution, conditions, initial] = space_.hyperparameters()[h];
    auto& column = columns_[h];
    const auto number = trial.point.find(name);
    pattern.push_back(number != trial.point.end() && contains(distribution, number->second));
    if (pattern.back()) column.places[row] = column.axis.place_of(number->second);
  }
  const auto known = std::find(patterns_.begin(), patterns_.end(), pattern);
  rows_[row].pattern = static_cast<int>(known - patterns_.begin());
  if (known == patterns_.end()) patterns_.push_back(std::move(pattern));
}

void TrialTable::update(const SearchSpace& space, const StudyRecord& study) {
  if (!same_space(space.hyperparameters(), space_.hyperparameters()) ||
      directions_ != study.directions || study.trials.size() < rows_.size()) {
    *this = TrialTable();
    space_ = space;
    directions_ = study.directions;
    for (const auto& hyperparameter : space.hyperparameters())
      columns_.push_back({ParzenAxis(hyperparameter.distribution)});
  }
  size_t row = rows_.size();
  rows_.resize(study.trials.size());
  seen_.resize(rows_.size());
  for (auto& column : columns_) column.places.resize(rows_.size());
  for (size_t i = 0; i < rows_.size(); ++i) {
    if (i < row && is_read(i, study.trials[i])) continue;
    forget(i);
    read(i, study.trials[i]);
  }
}

void TrialTable::put(size_t row, uint8_t side, const std::vector<size_t>& hyperparameters,
                     Sides& sides) {
  const auto index_in = [row](const std::vector<size_t>& trials) {
    return std::lower_bound(trials.begin(), trials.end(), row) - trials.begin();
  };
  if (const uint8_t before = sides.side[row]; before < kNeither) {
    auto& trials = sides.trials[before];
    const auto index = index_in(trials);
    trials.erase(trials.begin() + index);
    sides.densities[before].erase(static_cast<size_t>(index));
  }
  sides.side[row] = side;
  if (side >= kNeither) return;
  auto& trials = sides.trials[side];
  const auto index = index_in(trials);
  trials.insert(trials.begin() + index, row);
  std::vector<double> places;
  for (const size_t h : hyperparameters) places.push_back(columns_[h].places[row]);
  sides.densities[side].insert(static_cast<size_t>(index), places);
}

std::array<ParzenEstimator, 2>& TrialTable::densities(const std::vector<size_t>& hyperparameters,
                                                      std::span<const uint8_t> side) {
  auto known = sides_.find(hyperparameters);
  if (known == sides_.end()) {
    std::vector<ParzenAxis> axes;
    for (const size_t h : hyperparameters) axes.push_back(columns_[h].axis);
    const ParzenEstimator none(axes);
    known = sides_.insert({hyperparameters, {{none, none}}}).first;
  }
  Sides& sides = known->second;
  sides.side.resize(side.size(), kNeither);
  for (size_t row = 0; row < side.size(); ++row)
    if (side[row] != sides.side[row]) put(row, side[row], hyperparameters, sides);
  return sides.densities;
}

}  // namespace tutti
