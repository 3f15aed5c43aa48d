// Lamb: Adam whose step, for each variable, is as long as the variable times the rate, for large
// batches. You et al., 2020.
#pragma once

#include "core/optimizers/optimizer.h"

namespace tutti {

struct LambOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  std::optional<double> weight_decay = {};
  TUTTI_LAST_OPTIMIZER_OPTIONS;
};

class Lamb final : public Optimizer {
 public:
  using Options = LambOptions;
  explicit Lamb(Options options = {});
  explicit Lamb(LearningRate rate) : Lamb(Options{.learning_rate = std::move(rate)}) {}
  const Options& options() const { return options_; }

 protected:
  Value update(const Update& u) const override;
  SlotGroups saved_slots() const override { return {{"momentum", "velocity"}}; }

 private:
  Options options_;
};

}  // namespace tutti
