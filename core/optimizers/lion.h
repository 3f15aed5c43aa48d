// Lion: the sign of a mean of gradients. Chen et al., 2023.
#pragma once

#include "core/optimizers/optimizer.h"

namespace tutti {

struct LionOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.99;
  std::optional<double> weight_decay = {};
  TUTTI_LAST_OPTIMIZER_OPTIONS;
};

class Lion final : public Optimizer {
 public:
  using Options = LionOptions;
  explicit Lion(Options options = {});
  explicit Lion(LearningRate rate) : Lion(Options{.learning_rate = std::move(rate)}) {}
  const Options& options() const { return options_; }

 protected:
  Value update(const Update& u) const override;
  SlotGroups saved_slots() const override { return {{"momentum"}}; }

 private:
  Options options_;
};

}  // namespace tutti
