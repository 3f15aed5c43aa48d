// Grid: every combination once, then nothing.
//
// Combinations are in the order of the space: the first hyperparameter changes slowest, numbers
// ascend, choices are as listed. One that is not active takes no part, so that no combination comes
// twice. The next is the first that no trial of the record has, whatever became of that trial.
#pragma once

#include "scheduler/tuners/tuner.h"

namespace tutti {

struct GridSearchOptions {
  int points = 10;
};

class GridSearch final : public Tuner {
 public:
  using Options = GridSearchOptions;
  explicit GridSearch(Options options = {});
  const Options& options() const { return options_; }

  std::optional<Suggestion> suggest(const Question& question) override;
  int max_objectives() const override { return kAnyObjectives; }

 private:
  Options options_;
};

}  // namespace tutti
