#include "core/optimizers/learning_rate_schedule.h"

#include "core/base/error.h"
#include "core/graph/executable.h"

namespace tutti {

Value f64_scalar(double value) { return Value(Tensor::full({}, value, DType::f64)); }

double LearningRateSchedule::at(double step) const {
  return evaluate((*this)(f64_scalar(step))).item();
}

void read_config(const Config& config, LearningRate& out) {
  if (config.is_number())
    out = LearningRate(config.as_double());
  else if (config.is_string() || config.is_map())
    out = LearningRate(Ref<LearningRateSchedule>(config));
  else
    fail(config.where_or("learning_rate"), "expected a rate or a schedule, got {}",
         to_string(config));
}

Config write_config(const LearningRate& rate) {
  return rate.schedule ? write_config(rate.schedule) : Config(rate.rate);
}

}  // namespace tutti
