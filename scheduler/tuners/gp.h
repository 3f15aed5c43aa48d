// GP: Bayesian optimization with a Gaussian process, as Optuna 5 has it (GPSampler).
//
// It learns from the hyperparameters that every trial has (those without conditions), choices too;
// others are drawn at random. The next point is the one whose logarithm of expected improvement is
// greatest, where running trials have imagined results. The kernel is fitted again at each complete
// trial up to 100, then at every 20th part more, from at most 256 of the trials: a function of the
// record alone. Constraints are not looked at: an infeasible trial is one like others.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "scheduler/tuners/finished_trials.h"
#include "scheduler/tuners/gaussian_process.h"
#include "scheduler/tuners/tuner.h"
#include "scheduler/tuners/unit_axis.h"

namespace tutti {

struct GpOptions {
  int n_startup_trials = 10;
  bool deterministic_objective = false;
};

class Gp final : public Tuner {
 public:
  using Options = GpOptions;
  explicit Gp(Options options = {});
  const Options& options() const { return options_; }

  std::optional<Suggestion> suggest(const Question& question) override;

 private:
  void learn(const Question& question);
  void fit();
  // The places of a trial's point; none if it lacks a hyperparameter.
  std::vector<double> places_of(const Trial& trial) const;
  std::vector<double> next_place(const Question& question);

  Options options_;
  // What the finished trials have made of it.
  FinishedTrials seen_;
  std::vector<std::string> names_;
  std::vector<UnitAxis> axes_;
  std::vector<bool> is_choice_;
  PointRows rows_;              // of complete trials, in the order in which they ended
  std::vector<double> scores_;  // of these, the greater the better
  size_t fitted_ = 0;           // on how many
  GaussianProcess process_;
};

}  // namespace tutti
