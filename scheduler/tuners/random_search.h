// Random: every point drawn by itself, uniformly.
#pragma once

#include "scheduler/tuners/tuner.h"

namespace tutti {

class RandomSearch final : public Tuner {
 public:
  using Options = NoOptions;
  explicit RandomSearch(Options = {}) {}
  const Options& options() const { return options_; }

  std::optional<Suggestion> suggest(const Question& question) override;
  int max_objectives() const override { return kAnyObjectives; }

 private:
  Options options_;
};

}  // namespace tutti
