#include "scheduler/tuners/trial_table.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tutti {
namespace {

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

// All of a trial that the table reads but for attributes, which a finished trial keeps.
template <typename Take>
void take_result(const Trial& trial, const Take& take) {
  const TrialState state = state_of(trial);
  take(static_cast<double>(state));
  take(static_cast<double>(trial.system_attributes.size()));
  take(static_cast<double>(trial.values.size()));
  for (const double value : trial.values) take(value);
  const bool reported = state == TrialState::pruned && !trial.intermediate.empty();
  take(reported ? static_cast<double>(trial.intermediate.rbegin()->first) : -1);
  take(reported ? trial.intermediate.rbegin()->second : 0);
}

template <typename Take>
void take_point(const Trial& trial, const Take& take) {
  for (const auto& [name, number] : trial.point) {
    take(static_cast<double>(name.size()));
    take(number);
  }
}

}  // namespace

// A trial that has ended keeps its point: where that still lies in the same place, its first number
// and its result tell it from another study's.
bool TrialTable::is_read(size_t row, const Trial& trial) const {
  const Row& known = rows_[row];
  const auto& seen = seen_[row];
  if (is_finished(trial.state) && trial.state == known.state && !trial.point.empty() &&
      known.point == &*trial.point.begin()) {
    size_t at = 0;
    bool same = true;
    take_result(trial, [&](double number) { same = same && is_same(seen[at++], number); });
    return same && seen[at + 1] == trial.point.begin()->second &&
           at + 2 * trial.point.size() == seen.size();
  }
  size_t at = 0;
  bool same = true;
  const auto compare = [&](double number) {
    same = same && at < seen.size() && is_same(seen[at], number);
    ++at;
  };
  take_result(trial, compare);
  take_point(trial, compare);
  return same && at == seen.size();
}

void TrialTable::forget(size_t row) {
  if (rows_[row].pattern < 0) return;
  for (auto& column : columns_) {
    std::erase(column.order, static_cast<int>(row));
    column.widths[row] = {};
  }
}

void TrialTable::read(size_t row, const Trial& trial, const StudyRecord& study) {
  auto& seen = seen_[row];
  seen.clear();
  take_result(trial, [&](double number) { seen.push_back(number); });
  take_point(trial, [&](double number) { seen.push_back(number); });
  rows_[row] = Row();
  const TrialState state = rows_[row].state = state_of(trial);
  if (!trial.point.empty()) rows_[row].point = &*trial.point.begin();
  if (!is_of_use(state)) return;
  const Direction direction = study.directions.front();
  if (state == TrialState::complete)
    rows_[row].value =
        loss_or_worst(direction, trial.values.empty() ? std::nan("") : trial.values.front());
  if (state == TrialState::pruned && !trial.intermediate.empty()) {
    const auto& [step, value] = *trial.intermediate.rbegin();
    rows_[row].reported = true;
    rows_[row].step = static_cast<double>(step);
    rows_[row].value = loss_or_worst(direction, value);
  }
  if (state != TrialState::running) rows_[row].violation = trial.violation();
  std::vector<bool> pattern;
  for (size_t h = 0; h < columns_.size(); ++h) {
    const auto& [name, distribution, conditions, initial] = space_.hyperparameters()[h];
    auto& column = columns_[h];
    const auto number = trial.point.find(name);
    pattern.push_back(number != trial.point.end() && contains(distribution, number->second));
    if (!pattern.back()) continue;
    const double place = column.axis.place_of(number->second);
    column.places[row] = place;
    const auto before = [&](double value, int other) {
      const double its = column.places[static_cast<size_t>(other)];
      return value < its || (value == its && static_cast<int>(row) < other);
    };
    column.order.insert(std::upper_bound(column.order.begin(), column.order.end(), place, before),
                        static_cast<int>(row));
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
  for (auto& column : columns_) {
    column.places.resize(rows_.size());
    column.widths.resize(rows_.size());
  }
  for (size_t i = 0; i < rows_.size(); ++i) {
    if (i < row && is_read(i, study.trials[i])) continue;
    forget(i);
    read(i, study.trials[i], study);
  }
}

std::array<std::vector<ParzenColumn>, 2> TrialTable::sides(std::span<const size_t> hyperparameters,
                                                           std::span<const uint8_t> side) {
  std::vector<int> place_in_side(side.size(), -1);  // times 2, plus the side
  for (auto& trials : trials_) trials.clear();
  for (size_t i = 0; i < side.size(); ++i) {
    if (side[i] > 1) continue;
    auto& trials = trials_[side[i]];
    place_in_side[i] = static_cast<int>(trials.size()) * 2 + side[i];
    trials.push_back(static_cast<int>(i));
  }
  std::array<std::vector<ParzenColumn>, 2> columns;
  for (const size_t h : hyperparameters) {
    Column& column = columns_[h];
    for (const size_t s : {0, 1}) {
      const auto& trials = trials_[s];
      ParzenColumn made{&column.axis, {}, {}, column.widths.data(), trials.data()};
      made.places.reserve(trials.size() + 16);  // the estimator adds its own
      made.places.resize(trials.size());
      made.order.reserve(trials.size() + 1);
      made.order.resize(trials.size());
      for (size_t i = 0; i < trials.size(); ++i)
        made.places[i] = column.places[static_cast<size_t>(trials[i])];
      columns[s].push_back(std::move(made));
    }
    std::array<int*, 2> next = {columns[0].back().order.data(), columns[1].back().order.data()};
    for (const int trial : column.order) {
      const int place = place_in_side[static_cast<size_t>(trial)];
      if (place >= 0) *next[static_cast<size_t>(place & 1)]++ = place >> 1;
    }
  }
  return columns;
}

}  // namespace tutti
