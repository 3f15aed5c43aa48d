// FTRL-proximal: parameters made anew at each step from the sums of gradients, exact zeros under an
// L1 penalty. McMahan et al., 2013.
#pragma once

#include "core/optimizers/optimizer.h"

namespace tutti {

struct FtrlOptions {
  LearningRate learning_rate = 0.001;
  double learning_rate_power = -0.5;
  double initial_accumulator_value = 0.1;
  double l1_regularization_strength = 0.0;
  double l2_regularization_strength = 0.0;
  double l2_shrinkage_regularization_strength = 0.0;
  double beta = 0.0;
  std::optional<double> weight_decay = {};
  TUTTI_LAST_OPTIMIZER_OPTIONS;
};

class Ftrl final : public Optimizer {
 public:
  using Options = FtrlOptions;
  explicit Ftrl(Options options = {});
  explicit Ftrl(LearningRate rate) : Ftrl(Options{.learning_rate = std::move(rate)}) {}
  const Options& options() const { return options_; }
  bool moves_parameters() const override { return false; }

 protected:
  Value update(const Update& u) const override;
  SlotGroups saved_slots() const override { return {{"accumulator", "linear"}}; }

 private:
  Options options_;
};

}  // namespace tutti
