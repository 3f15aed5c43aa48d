// Adam. Kingma and Ba, 2015; amsgrad: Reddi, Kale and Kumar, 2018.
#pragma once

#include "core/optimizers/optimizer.h"

namespace tutti {

struct AdamOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;
  std::optional<double> weight_decay = {};
  TUTTI_LAST_OPTIMIZER_OPTIONS;
};

class Adam final : public Optimizer {
 public:
  using Options = AdamOptions;
  explicit Adam(Options options = {});
  explicit Adam(LearningRate rate) : Adam(Options{.learning_rate = std::move(rate)}) {}
  const Options& options() const { return options_; }

 protected:
  Value update(const Update& u) const override;
  SlotGroups saved_slots() const override { return {{"momentum", "velocity"}, {"velocity_hat"}}; }

 private:
  Options options_;
};

struct AdamWOptions {
  LearningRate learning_rate = 0.001;
  std::optional<double> weight_decay = 0.004;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;
  TUTTI_LAST_OPTIMIZER_OPTIONS;
};

// Adam with weight decay from the start. Loshchilov and Hutter, 2019.
class AdamW final : public Optimizer {
 public:
  using Options = AdamWOptions;
  explicit AdamW(Options options = {});
  explicit AdamW(LearningRate rate) : AdamW(Options{.learning_rate = std::move(rate)}) {}
  const Options& options() const { return options_; }

 protected:
  Value update(const Update& u) const override;
  SlotGroups saved_slots() const override { return {{"momentum", "velocity"}, {"velocity_hat"}}; }

 private:
  Options options_;
};

}  // namespace tutti
