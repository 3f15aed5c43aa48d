// Hyperband: trials are spread over brackets of successive halving that begin to judge early, later
// and not at all. Brackets and their shares are Optuna's; they are filled in turn, the one that
// judges earliest first, as in the paper, where Optuna draws a trial's bracket by its number.
//
// Source: Li et al., "Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization".
#pragma once

#include <set>

#include "scheduler/pruners/bracket.h"
#include "scheduler/pruners/step_count.h"

namespace tutti {

struct HyperbandOptions {
  int64_t min_resource = 1;
  StepCount max_resource = {};  // "auto": the first complete trial's steps
  int64_t reduction_factor = 3;
  int64_t bootstrap_count = 0;
  bool promotion = false;  // brackets pause trials and promote them; false: they end trials
};

// While what is "auto" is not known every trial goes on, and those that ended by then are compared
// with none.
class Hyperband final : public Pruner {
 public:
  using Options = HyperbandOptions;
  explicit Hyperband(Options options = {});
  const Options& options() const { return options_; }

  Verdict judge(const StudyRecord& study, const Trial& trial) override;
  std::optional<int64_t> promote(const StudyRecord& study) override;

  // floor(log_factor(max / min)) + 1, in integers.
  int64_t brackets(int64_t max_resource) const;
  // Of so many brackets, the one of a trial: 0 judges the earliest.
  int64_t bracket_of(const Trial& trial, int64_t brackets) const;

 private:
  struct Known {  // what depends on max_resource
    int64_t brackets = 0, end = 0;
    std::set<int64_t> old;  // ended before it was known
  };
  std::optional<Known> known(const StudyRecord& study) const;
  Bracket bracket(const Known& known, int64_t id) const;

  Options options_;
};

}  // namespace tutti
