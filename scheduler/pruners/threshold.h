// Threshold: a trial ends if it reports a value out of bounds, or NaN. As in Optuna.
#pragma once

#include "scheduler/pruners/check_interval.h"
#include "scheduler/pruners/pruner.h"

namespace tutti {

struct ThresholdPrunerOptions {
  std::optional<double> lower, upper;
  int64_t n_warmup_steps = 0;
  int64_t interval_steps = 1;
};

class ThresholdPruner final : public Pruner {
 public:
  using Options = ThresholdPrunerOptions;
  explicit ThresholdPruner(Options options);
  const Options& options() const { return options_; }

  Verdict judge(const StudyRecord& study, const Trial& trial) override;

 private:
  Options options_;
  CheckInterval interval_;
};

}  // namespace tutti
