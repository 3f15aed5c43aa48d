// Schedule-free AdamW: Adam steps of a fast copy, whose average is kept, in place of a falling
// rate. Defazio et al., 2024. The parameters are those that gradients are taken at.
#pragma once

#include "core/optimizers/optimizer.h"

namespace tutti {

struct ScheduleFreeAdamWOptions {
  LearningRate learning_rate = 0.0025;
  double beta_1 = 0.9;  // part of the average in the parameters
  double beta_2 = 0.999;
  double epsilon = 1e-8;
  int64_t warmup_steps = 0;
  std::optional<double> weight_decay = {};
  TUTTI_LAST_OPTIMIZER_OPTIONS;
};

class ScheduleFreeAdamW final : public Optimizer {
 public:
  using Options = ScheduleFreeAdamWOptions;
  explicit ScheduleFreeAdamW(Options options = {});
  explicit ScheduleFreeAdamW(LearningRate rate)
      : ScheduleFreeAdamW(Options{.learning_rate = std::move(rate)}) {}
  const Options& options() const { return options_; }
  bool moves_parameters() const override { return false; }

 protected:
  Value update(const Update& u) const override;
  SlotGroups saved_slots() const override { return {{"momentum", "velocity"}}; }

 private:
  Options options_;
};

}  // namespace tutti
