#include "core/optimizers/schedule_free_adamw.h"

#include "core/ops/elementwise.h"
#include "core/optimizers/check_moments.h"

namespace tutti {

ScheduleFreeAdamW::ScheduleFreeAdamW(Options options)
    : Optimizer(common_options(options)), options_(std::move(options)) {
  check_moments("ScheduleFreeAdamW", options_);
  if (!(options_.beta_1 > 0))
    fail("ScheduleFreeAdamW", "beta_1 is 0, which divides; use a number above 0");
  if (options_.warmup_steps < 0)
    fail("ScheduleFreeAdamW", "warmup_steps is {}; use 0 or more", options_.warmup_steps);
}

Value ScheduleFreeAdamW::update(const Update& u) const {
  const double beta = options_.beta_1;
  Value rate = u.learning_rate;
  if (options_.warmup_steps > 0)
    rate = rate * u.scalar(minimum(u.step / static_cast<double>(options_.warmup_steps), 1.0));
  Value v = u.slot("velocity");
  v = v + (square(u.gradient) - v) * (1.0 - options_.beta_2);
  u.set_slot("velocity", v);
  const Value correction = u.scalar(1.0 - pow(f64_scalar(options_.beta_2), u.step));
  const Value before = u.parameter_slot("momentum");
  const Value fast = before - rate * u.gradient / (sqrt(v / correction) + options_.epsilon);
  u.set_slot("momentum", fast);
  // What the parameters were made of last time gives the average.
  const Value average = (u.parameter - (1.0 - beta) * before) / beta;
  const Value weight = u.scalar(1.0 / u.step);
  return (1.0 - beta) * fast + beta * ((1.0 - weight) * average + weight * fast);
}

TUTTI_REGISTER(Optimizer, ScheduleFreeAdamW, "ScheduleFreeAdamW",
               "Adam whose steps are averaged, in place of a schedule")
    .with(declare_moments)
    .argument("warmup_steps", &ScheduleFreeAdamWOptions::warmup_steps,
              "steps over which the rate rises")
    .with(declare_common_options);

}  // namespace tutti
