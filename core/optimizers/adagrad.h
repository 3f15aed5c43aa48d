// Adagrad. Duchi, Hazan and Singer, 2011.
#pragma once

#include "core/optimizers/optimizer.h"

namespace tutti {

struct AdagradOptions {
  LearningRate learning_rate = 0.001;
  double initial_accumulator_value = 0.1;
  double epsilon = 1e-7;
  std::optional<double> weight_decay = {};
  TUTTI_LAST_OPTIMIZER_OPTIONS;
};

class Adagrad final : public Optimizer {
 public:
  using Options = AdagradOptions;
  explicit Adagrad(Options options = {});
  explicit Adagrad(LearningRate rate) : Adagrad(Options{.learning_rate = std::move(rate)}) {}
  const Options& options() const { return options_; }

 protected:
  Value update(const Update& u) const override;
  SlotGroups saved_slots() const override { return {{"accumulator"}}; }

 private:
  Options options_;
};

}  // namespace tutti
