// Schedules along a cosine: CosineDecay with warm-up and CosineDecayRestarts. Loshchilov and
// Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
#pragma once

#include <optional>

#include "core/optimizers/learning_rate_schedule.h"

namespace tutti {

struct CosineDecayOptions {
  double initial_learning_rate = 0.0;
  double decay_steps = 0.0;
  double alpha = 0.0;                        // the end rate as a part of the highest
  std::optional<double> warmup_target = {};  // a line from the initial rate to it comes first
  double warmup_steps = 0;
};

class CosineDecay final : public LearningRateSchedule {
 public:
  using Options = CosineDecayOptions;
  explicit CosineDecay(Options options);
  Value operator()(const Value& step) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

struct CosineDecayRestartsOptions {
  double initial_learning_rate = 0.0;
  double first_decay_steps = 0.0;
  double t_mul = 2.0;  // each period is so much longer
  double m_mul = 1.0;  // and begins so much higher
  double alpha = 0.0;
};

class CosineDecayRestarts final : public LearningRateSchedule {
 public:
  using Options = CosineDecayRestartsOptions;
  explicit CosineDecayRestarts(Options options);
  Value operator()(const Value& step) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace tutti
