#include "scheduler/tuners/dominance.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "scheduler/tuners/finished_trials.h"

namespace tutti {

Outcome outcome_of(const StudyRecord& study, const Trial& complete) {
  Outcome outcome{{}, complete.violation()};
  for (size_t i = 0; i < study.directions.size(); ++i)
    outcome.losses.push_back(loss_of_trial(study, complete, i));
  return outcome;
}

bool dominates(const Outcome& a, const Outcome& b) {
  if (a.violation > 0 || b.violation > 0)
    return std::max(a.violation, 0.0) < std::max(b.violation, 0.0);
  bool better = false;
  for (size_t i = 0; i < a.losses.size(); ++i) {
    if (a.losses[i] > b.losses[i]) return false;
    better = better || a.losses[i] < b.losses[i];
  }
  return better;
}

std::vector<size_t> fronts_of(const std::vector<Outcome>& outcomes) {
  const size_t count = outcomes.size();
  std::vector<size_t> front(count), dominated_by(count);
  std::vector<std::vector<size_t>> below(count);
  for (size_t i = 0; i < count; ++i)
    for (size_t j = 0; j < count; ++j)
      if (dominates(outcomes[i], outcomes[j])) {
        below[i].push_back(j);
        ++dominated_by[j];
      }
  std::vector<size_t> now;
  for (size_t i = 0; i < count; ++i)
    if (dominated_by[i] == 0) now.push_back(i);
  for (size_t rank = 0; !now.empty(); ++rank) {
    std::vector<size_t> next;
    for (const size_t i : now) {
      front[i] = rank;
      for (const size_t j : below[i])
        if (--dominated_by[j] == 0) next.push_back(j);
    }
    now = std::move(next);
  }
  return front;
}

std::vector<const Trial*> pareto_front(const StudyRecord& study) {
  std::vector<const Trial*> feasible, best;
  std::vector<Outcome> outcomes;
  for (const Trial& trial : study.trials) {
    if (trial.state != TrialState::complete || trial.violation() > 0) continue;
    feasible.push_back(&trial);
    outcomes.push_back(outcome_of(study, trial));
  }
  const auto front = fronts_of(outcomes);
  for (size_t i = 0; i < front.size(); ++i)
    if (front[i] == 0) best.push_back(feasible[i]);
  return best;
}

std::vector<double> crowding_of(const std::vector<Outcome>& outcomes,
                                const std::vector<size_t>& members) {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  std::vector<double> crowding(members.size());
  if (members.empty()) return crowding;
  for (size_t k = 0; k < outcomes[members.front()].losses.size(); ++k) {
    const auto loss = [&](size_t m) { return outcomes[members[m]].losses[k]; };
    std::vector<size_t> order(members.size());
    for (size_t m = 0; m < order.size(); ++m) order[m] = m;
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return loss(a) < loss(b); });
    const double width = loss(order.back()) - loss(order.front());
    crowding[order.front()] = crowding[order.back()] = kInfinite;
    if (!(width > 0) || !std::isfinite(width)) continue;
    for (size_t i = 1; i + 1 < order.size(); ++i)
      crowding[order[i]] += (loss(order[i + 1]) - loss(order[i - 1])) / width;
  }
  return crowding;
}

std::vector<size_t> elite_of(const std::vector<Outcome>& outcomes, size_t count) {
  const auto front = fronts_of(outcomes);
  std::vector<size_t> elite;
  for (size_t rank = 0; elite.size() < std::min(count, outcomes.size()); ++rank) {
    std::vector<size_t> members;
    for (size_t i = 0; i < front.size(); ++i)
      if (front[i] == rank) members.push_back(i);
    const auto crowding = crowding_of(outcomes, members);
    std::vector<size_t> order(members.size());
    for (size_t m = 0; m < order.size(); ++m) order[m] = m;
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return crowding[a] > crowding[b]; });
    for (const size_t m : order)
      if (elite.size() < count) elite.push_back(members[m]);
  }
  std::sort(elite.begin(), elite.end());
  return elite;
}

}  // namespace tutti
