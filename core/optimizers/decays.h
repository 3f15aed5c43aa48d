// Schedules that decay steadily: ExponentialDecay, InverseTimeDecay, PolynomialDecay,
// PiecewiseConstantDecay. Formulas are Keras's; steps count updates from 0.
#pragma once

#include <vector>

#include "core/optimizers/learning_rate_schedule.h"

namespace tutti {

struct DecayOptions {
  double initial_learning_rate = 0.0;
  double decay_steps = 0.0;
  double decay_rate = 0.0;
  bool staircase = false;  // step / decay_steps is rounded down
};

// initial_learning_rate * decay_rate ^ (step / decay_steps)
class ExponentialDecay final : public LearningRateSchedule {
 public:
  using Options = DecayOptions;
  explicit ExponentialDecay(Options options);
  Value operator()(const Value& step) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

// initial_learning_rate / (1 + decay_rate * step / decay_steps)
class InverseTimeDecay final : public LearningRateSchedule {
 public:
  using Options = DecayOptions;
  explicit InverseTimeDecay(Options options);
  Value operator()(const Value& step) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

struct PolynomialDecayOptions {
  double initial_learning_rate = 0.0;
  double decay_steps = 0.0;
  double end_learning_rate = 0.0001;
  double power = 1.0;
  bool cycle = false;  // begin again at the next multiple of decay_steps
};

// From the initial to the end rate along (1 - step / decay_steps) ^ power.
class PolynomialDecay final : public LearningRateSchedule {
 public:
  using Options = PolynomialDecayOptions;
  explicit PolynomialDecay(Options options);
  Value operator()(const Value& step) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

struct PiecewiseConstantDecayOptions {
  std::vector<double> boundaries = {};  // ascending
  std::vector<double> values = {};  // one more: the rate up to each boundary, and after the last
};

class PiecewiseConstantDecay final : public LearningRateSchedule {
 public:
  using Options = PiecewiseConstantDecayOptions;
  explicit PiecewiseConstantDecay(Options options);
  Value operator()(const Value& step) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

// Throws "[where] decay_steps ..." unless it is positive.
void check_decay_steps(const char* where, const char* name, double steps);

}  // namespace tutti
