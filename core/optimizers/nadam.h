// Nadam: Adam with Nesterov momentum, whose weight follows a schedule of its own. Dozat, 2016.
#pragma once

#include "core/optimizers/optimizer.h"

namespace tutti {

struct NadamOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  std::optional<double> weight_decay = {};
  TUTTI_LAST_OPTIMIZER_OPTIONS;
};

class Nadam final : public Optimizer {
 public:
  using Options = NadamOptions;
  explicit Nadam(Options options = {});
  explicit Nadam(LearningRate rate) : Nadam(Options{.learning_rate = std::move(rate)}) {}
  const Options& options() const { return options_; }

 protected:
  Value update(const Update& u) const override;
  SlotGroups saved_slots() const override { return {{"momentum", "velocity"}, {"u_product"}}; }
  void restore_others() override;  // u_product, which files keep rounded

 private:
  Options options_;
};

}  // namespace tutti
