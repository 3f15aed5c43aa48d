// RMSprop. Tieleman and Hinton, 2012; centered: Graves, 2013.
#pragma once

#include "core/optimizers/optimizer.h"

namespace tutti {

struct RMSpropOptions {
  LearningRate learning_rate = 0.001;
  double rho = 0.9;
  double momentum = 0.0;
  double epsilon = 1e-7;
  bool centered = false;  // divide by the estimated variance, not the second moment
  std::optional<double> weight_decay = {};
  TUTTI_LAST_OPTIMIZER_OPTIONS;
};

class RMSprop final : public Optimizer {
 public:
  using Options = RMSpropOptions;
  explicit RMSprop(Options options = {});
  explicit RMSprop(LearningRate rate) : RMSprop(Options{.learning_rate = std::move(rate)}) {}
  const Options& options() const { return options_; }

 protected:
  Value update(const Update& u) const override;
  SlotGroups saved_slots() const override {
    return {{"velocity"}, {"momentum"}, {"average_gradient"}};
  }

 private:
  Options options_;
};

}  // namespace tutti
