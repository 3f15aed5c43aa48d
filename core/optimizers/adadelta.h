// Adadelta: steps as large as the steps before were, over as large as gradients were. Zeiler, 2012.
#pragma once

#include "core/optimizers/optimizer.h"

namespace tutti {

struct AdadeltaOptions {
  LearningRate learning_rate = 0.001;
  double rho = 0.95;
  double epsilon = 1e-7;
  std::optional<double> weight_decay = {};
  TUTTI_LAST_OPTIMIZER_OPTIONS;
};

class Adadelta final : public Optimizer {
 public:
  using Options = AdadeltaOptions;
  explicit Adadelta(Options options = {});
  explicit Adadelta(LearningRate rate) : Adadelta(Options{.learning_rate = std::move(rate)}) {}
  const Options& options() const { return options_; }

 protected:
  Value update(const Update& u) const override;
  SlotGroups saved_slots() const override {
    return {{"accumulated_grad", "accumulated_delta_var"}};
  }

 private:
  Options options_;
};

}  // namespace tutti
