// Percentile and Median: a trial ends if the best that it reported so far is worse than what a
// share of the complete trials reported at the same step. As in Optuna.
#pragma once

#include "scheduler/pruners/check_interval.h"
#include "scheduler/pruners/pruner.h"

namespace tutti {

struct MedianOptions {
  int64_t n_startup_trials = 5;
  int64_t n_warmup_steps = 0;
  int64_t interval_steps = 1;
  int64_t n_min_trials = 1;
};
struct PercentileOptions : MedianOptions {
  double percentile = 25;
};

class PercentilePruner final : public Pruner {
 public:
  using Options = PercentileOptions;
  explicit PercentilePruner(Options options, const std::string& name = "Percentile");
  const Options& options() const { return options_; }

  Verdict judge(const StudyRecord& study, const Trial& trial) override;

 private:
  Options options_;
  CheckInterval interval_;
};

class MedianPruner final : public Pruner {
 public:
  using Options = MedianOptions;
  explicit MedianPruner(Options options = {});
  const Options& options() const { return options_; }

  Verdict judge(const StudyRecord& study, const Trial& trial) override {
    return rule_.judge(study, trial);
  }

 private:
  Options options_;
  PercentilePruner rule_;
};

}  // namespace tutti
