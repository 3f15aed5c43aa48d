// A bracket of asynchronous successive halving (ASHA): trials that are compared at rungs, steps
// that grow by a factor; only the better ones go on from each.
//
// Source: Li et al., "A System for Massively Parallel Hyperparameter Tuning" (2020), algorithm 2.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "scheduler/pruners/pruner.h"

namespace tutti {

struct Bracket {
  int64_t first = 1;            // the step of rung 0
  int64_t factor = 4;           // of steps from rung to rung, and of trials that go on
  int64_t bootstrap_count = 0;  // a rung lets no trial on before more have reached it
  std::optional<int64_t> end;   // promotion: the steps of a whole trial; its rungs are before it
  std::function<bool(const Trial&)> competes = [](const Trial&) { return true; };

  // By stopping, as Optuna does it. At each rung that the trial's last report reached, it goes on
  // if it is among the best 1/factor of those that were there, or the best. NaN ends it.
  Verdict stop_or_go_on(const StudyRecord& study, const Trial& trial) const;
  // By promotion: a trial that reached a rung pauses there; NaN ends it.
  Verdict pause_or_go_on(const Trial& trial) const;
  // The best paused trial of the highest rung where one is among the best 1/factor, equals by
  // number. A trial that failed counts as the worst in the rung that it was on the way to.
  std::optional<int64_t> promotable(const StudyRecord& study) const;

 private:
  // The value with which a trial is in a rung: of its first report there.
  struct Entry {
    int64_t number = 0;
    double loss = 0;
    bool paused = false;  // it is there, and may be promoted
  };
  int64_t rungs_at(int64_t step) const;        // how many are at or before it
  int64_t rungs_of(const Trial& trial) const;  // how many it reached
  int64_t rungs_before_last(const Trial& trial) const;
  std::vector<Entry> entries(const StudyRecord& study, int64_t rung) const;
};

// steps * factor^rungs, or the largest number where that is larger.
int64_t grown(int64_t steps, int64_t factor, int64_t rungs);

// Of the first trial that completed and had reported: its last step, and how many had ended by
// then. What depends on it is the same however many complete later.
struct FirstCourse {
  int64_t last_step = 0;
  int64_t ended = 0;
};
std::optional<FirstCourse> first_course(const StudyRecord& study);

}  // namespace tutti
