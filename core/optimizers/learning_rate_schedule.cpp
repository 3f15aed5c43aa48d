#include "core/optimizers/learning_rate_schedule.h"

#include "core/base/error.h"
#include "core/graph/executable.h"

namespace tutti {

[[maybe_unused]] static const bool schedule_keys_declared =
    (add_common_key(LearningRateSchedule::category, "name"), true);

Value f64_scalar(double value) { return Value(Tensor::full({}, value, DType::f64)); }

double LearningRateSchedule::at(double step) const {
  return evaluate((*this)(f64_scalar(step))).item();
}

void read_config(const Config& config, LearningRate& out) {
  if (config.is_number())
    out = LearningRate(config.as_double());
  else if (config.is_map() ||
           (config.is_string() && find_kind(LearningRateSchedule::category, config.as_string())))
    out = LearningRate(Ref<LearningRateSchedule>(config));
  else
    fail(config.where_or("learning_rate"),
         "expected a number or a schedule, got {}; write 0.001, or {{ExponentialDecay: {{...}}}} "
         "(`tutti list schedule` names them all)",
         to_string(config));
}

Config write_config(const LearningRate& rate) {
  return rate.schedule ? write_config(rate.schedule) : Config(rate.rate);
}

}  // namespace tutti
