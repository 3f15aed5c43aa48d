// Adamax: Adam with the largest gradient in place of the mean of squares. Kingma and Ba, 2015.
#pragma once

#include "core/optimizers/optimizer.h"

namespace tutti {

struct AdamaxOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  std::optional<double> weight_decay = {};
  TUTTI_LAST_OPTIMIZER_OPTIONS;
};

class Adamax final : public Optimizer {
 public:
  using Options = AdamaxOptions;
  explicit Adamax(Options options = {});
  explicit Adamax(LearningRate rate) : Adamax(Options{.learning_rate = std::move(rate)}) {}
  const Options& options() const { return options_; }

 protected:
  Value update(const Update& u) const override;
  SlotGroups saved_slots() const override { return {{"momentum", "norm"}}; }

 private:
  Options options_;
};

}  // namespace tutti
