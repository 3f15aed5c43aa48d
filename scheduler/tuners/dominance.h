// Which of several results are better than others when there is more than one objective.
#pragma once

#include <cstddef>
#include <vector>

#include "scheduler/study/trial.h"

namespace tutti {

struct Outcome {
  std::vector<double> losses;  // of each objective
  double violation = 0;        // of constraints; above 0: infeasible
};

Outcome outcome_of(const StudyRecord& study, const Trial& complete);

// Not worse in any objective and better in one. A feasible one dominates all that are not, which
// dominate each other by their violation (Deb's rule).
bool dominates(const Outcome& a, const Outcome& b);
// 0 for those that none dominates (the Pareto front), 1 for those that are so without these, ...
std::vector<size_t> fronts_of(const std::vector<Outcome>& outcomes);
// Of the feasible complete trials those that none of them dominates, by number.
std::vector<const Trial*> pareto_front(const StudyRecord& study);
// How far the neighbours of each are among `members`, summed over objectives; infinite at the ends.
std::vector<double> crowding_of(const std::vector<Outcome>& outcomes,
                                const std::vector<size_t>& members);
// The `count` best: by front, then the least crowded, then the first; in ascending order.
std::vector<size_t> elite_of(const std::vector<Outcome>& outcomes, size_t count);

}  // namespace tutti
