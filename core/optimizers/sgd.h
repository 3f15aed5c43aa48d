// SGD: stochastic gradient descent, with momentum and Nesterov's form of it.
#pragma once

#include "core/optimizers/optimizer.h"

namespace tutti {

struct SGDOptions {
  LearningRate learning_rate = 0.01;
  double momentum = 0.0;
  bool nesterov = false;
  std::optional<double> weight_decay = {};
  TUTTI_LAST_OPTIMIZER_OPTIONS;
};

class SGD final : public Optimizer {
 public:
  using Options = SGDOptions;
  explicit SGD(Options options = {});
  explicit SGD(LearningRate rate) : SGD(Options{.learning_rate = std::move(rate)}) {}
  const Options& options() const { return options_; }

 protected:
  Value update(const Update& u) const override;
  SlotGroups saved_slots() const override { return {{"momentum"}}; }

 private:
  Options options_;
};

}  // namespace tutti
