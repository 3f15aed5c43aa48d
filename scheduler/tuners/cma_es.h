// CMA-ES: the covariance matrix adaptation evolution strategy, as Optuna has it, with margin.
//
// It learns from the numbers that every trial has (hyperparameters without conditions); choices and
// what has conditions are drawn at random. A generation ends as soon as enough of its trials are
// complete; those that failed, were pruned or come later count for none. Nothing of it is written
// down: a trial is of a generation if its point is what that generation gives its number.
#pragma once

#include <optional>
#include <vector>

#include "scheduler/tuners/cma_distribution.h"
#include "scheduler/tuners/finished_trials.h"
#include "scheduler/tuners/tuner.h"
#include "scheduler/tuners/unit_axis.h"

namespace tutti {

struct CmaEsOptions {
  int n_startup_trials = 1;
  int popsize = 0;  // 0: 4 + floor(3 ln n)
  bool with_margin = true;
  bool consider_pruned_trials = false;
};

class CmaEs final : public Tuner {
 public:
  using Options = CmaEsOptions;
  explicit CmaEs(Options options = {});
  const Options& options() const { return options_; }

  std::optional<Suggestion> suggest(const Question& question) override;

 private:
  struct Solution {
    double loss = 0;
    std::vector<double> raw;
  };
  void restart(const SearchSpace& space);
  void learn(const Question& question, const Trial& trial);
  bool is_drawn(const Trial& trial, const CmaDistribution::Draw& draw) const;

  Options options_;
  // What the finished trials have made of it.
  FinishedTrials seen_;
  std::vector<std::string> names_;
  std::vector<UnitAxis> axes_;
  std::optional<CmaDistribution> distribution_;  // null: there is no number to learn
  std::vector<Solution> generation_;
  int64_t complete_ = 0;
};

}  // namespace tutti
