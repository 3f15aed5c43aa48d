// Learning-rate schedules: a rate as a function of the optimizer's step.
#pragma once

#include "core/base/registry.h"
#include "core/graph/value.h"

namespace tutti {

class LearningRateSchedule : public Configurable {
 public:
  static constexpr const char* category = "schedule";
  // `step` is an f64 scalar counting updates from 0; so is the rate.
  virtual Value operator()(const Value& step) const = 0;
  // The rate at a step, at once.
  double at(double step) const;
};

// A number as an f64 scalar: schedules and bias corrections are exact to f64.
Value f64_scalar(double value);

// A rate or a schedule: `0.01`, `{ExponentialDecay: {...}}`.
struct LearningRate {
  LearningRate(double rate = 0.001) : rate(rate) {}
  LearningRate(Ref<LearningRateSchedule> schedule) : schedule(std::move(schedule)) {}
  template <typename T>
  requires std::derived_from<T, LearningRateSchedule> LearningRate(T schedule)
      : schedule(std::move(schedule)) {}

  double rate = 0.001;
  Ref<LearningRateSchedule> schedule;
};

inline std::string type_name(const LearningRate*) { return "float or schedule"; }
void read_config(const Config& config, LearningRate& out);
Config write_config(const LearningRate& rate);

}  // namespace tutti
