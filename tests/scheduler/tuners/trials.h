// Trials of a record, as a study would have written them.
#pragma once

#include "scheduler/study/trial.h"

namespace tutti::test {

inline Trial trial_of(int64_t number, TrialState state, Point point,
                      std::vector<double> values = {}) {
  Trial trial;
  trial.number = number;
  trial.state = state;
  trial.point = std::move(point);
  trial.values = std::move(values);
  return trial;
}

inline void add_trial(StudyRecord& study, TrialState state, Point point,
                      std::vector<double> values = {}) {
  const auto number = static_cast<int64_t>(study.trials.size());
  study.trials.push_back(trial_of(number, state, std::move(point), std::move(values)));
  if (is_finished(state)) study.finished.push_back(number);
}

inline StudyRecord study_of(std::vector<Direction> directions = {Direction::minimize}) {
  StudyRecord study;
  study.directions = std::move(directions);
  return study;
}

}  // namespace tutti::test
