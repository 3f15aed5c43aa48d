// SuccessiveHalving (ASHA), by stopping as in Optuna or by promotion as in its paper.
#pragma once

#include "scheduler/pruners/bracket.h"
#include "scheduler/pruners/step_count.h"

namespace tutti {

struct SuccessiveHalvingOptions {
  StepCount min_resource = {};  // "auto": a hundredth of the first complete trial's steps
  int64_t reduction_factor = 4;
  int64_t min_early_stopping_rate = 0;  // the first rung is at min_resource * factor^rate
  int64_t bootstrap_count = 0;
  bool promotion = false;
  StepCount max_resource = {};  // promotion; "auto": the first complete trial's steps
};

// While what is "auto" is not known every trial goes on, and those that ended by then are compared
// with none.
class SuccessiveHalving final : public Pruner {
 public:
  using Options = SuccessiveHalvingOptions;
  explicit SuccessiveHalving(Options options = {});
  const Options& options() const { return options_; }

  Verdict judge(const StudyRecord& study, const Trial& trial) override;
  std::optional<int64_t> promote(const StudyRecord& study) override;

 private:
  std::optional<Bracket> bracket(const StudyRecord& study) const;

  Options options_;
};

}  // namespace tutti
