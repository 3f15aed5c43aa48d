// TPE: the tree-structured Parzen estimator, as Optuna 5 has it (multivariate, with groups).
//
// The best trials so far, a tenth and at most 25, give a density l of where good points are, the
// others g; of some points drawn from l the one with the largest l / g is next. Better than
// complete trials is nothing; then come pruned and suspended ones by how far they came, then
// infeasible ones by how little they violate; running ones count as bad, so that slots do not all
// try the same.
#pragma once

#include "scheduler/tuners/trial_table.h"
#include "scheduler/tuners/tuner.h"

namespace tutti {

struct TPEOptions {
  int n_startup_trials = 10;
  int n_ei_candidates = 24;
  bool multivariate = true;
  bool group = true;
  bool constant_liar = true;
};

class TPE final : public Tuner {
 public:
  using Options = TPEOptions;
  explicit TPE(Options options = {});
  const Options& options() const { return options_; }

  std::optional<Suggestion> suggest(const Question& question) override;

 private:
  std::vector<uint8_t> split(int64_t number) const;
  std::vector<std::vector<size_t>> groups(const SearchSpace& space) const;
  void sample(const Question& question, std::span<const uint8_t> split,
              const std::vector<size_t>& group, std::vector<double>& numbers);

  Options options_;
  TrialTable table_;
};

}  // namespace tutti
