#include "core/optimizers/cosine_decays.h"

#include <cmath>
#include <numbers>

#include "core/base/error.h"
#include "core/ops/elementwise.h"
#include "core/optimizers/decays.h"

namespace tutti {
namespace {

// From `height` down to alpha of it while `fraction` goes from 0 to 1.
Value cosine_fall(const Value& fraction, const Value& height, double alpha) {
  const Value fall = 0.5 * height * (1.0 + cos(f64_scalar(std::numbers::pi) * fraction));
  return f64_scalar(1.0 - alpha) * fall + f64_scalar(alpha);
}

}  // namespace

CosineDecay::CosineDecay(Options options) : options_(options) {
  check_decay_steps("CosineDecay", "decay_steps", options_.decay_steps);
  if (!(options_.warmup_steps >= 0))
    fail("CosineDecay", "warmup_steps is {}; use 0 or more", options_.warmup_steps);
}

Value CosineDecay::operator()(const Value& step) const {
  const Value begin = f64_scalar(options_.initial_learning_rate);
  const Value steps = f64_scalar(options_.decay_steps), one = f64_scalar(1.0);
  if (!options_.warmup_target)
    return begin * cosine_fall(minimum(step, steps) / steps, one, options_.alpha);
  const Value warmup = f64_scalar(options_.warmup_steps);  // of 0 steps: no step is below it
  const Value target = f64_scalar(*options_.warmup_target);
  const Value at = minimum(step, steps + warmup);
  const Value rise = (target - begin) * (at / warmup) + begin;
  const Value fall = target * cosine_fall((at - warmup) / steps, one, options_.alpha);
  return select(less(at, warmup), rise, fall);
}

CosineDecayRestarts::CosineDecayRestarts(Options options) : options_(options) {
  check_decay_steps("CosineDecayRestarts", "first_decay_steps", options_.first_decay_steps);
  if (!(options_.t_mul >= 1))
    fail("CosineDecayRestarts", "t_mul is {}; use 1 or more", options_.t_mul);
}

Value CosineDecayRestarts::operator()(const Value& step) const {
  const Value done = step / f64_scalar(options_.first_decay_steps);
  Value restarts, fraction;
  if (options_.t_mul == 1.0) {
    restarts = floor(done);
    fraction = done - restarts;
  } else {
    // Periods have lengths 1, t, t^2, ...: their sum is geometric.
    const Value t = f64_scalar(options_.t_mul), grow = f64_scalar(1.0 - options_.t_mul);
    restarts = floor(log(1.0 - done * grow) / f64_scalar(std::log(options_.t_mul)));
    const Value length = pow(t, restarts);
    fraction = (done - (1.0 - length) / grow) / length;
  }
  const Value height = pow(f64_scalar(options_.m_mul), restarts);
  return f64_scalar(options_.initial_learning_rate) * cosine_fall(fraction, height, options_.alpha);
}

TUTTI_REGISTER(LearningRateSchedule, CosineDecay, "CosineDecay", "half a cosine, after a warm-up")
    .required("initial_learning_rate", &CosineDecayOptions::initial_learning_rate,
              "the rate at step 0")
    .required("decay_steps", &CosineDecayOptions::decay_steps, "steps of the fall")
    .argument("alpha", &CosineDecayOptions::alpha, "the end rate as a part of the highest")
    .argument("warmup_target", &CosineDecayOptions::warmup_target, "the rate after the warm-up")
    .argument("warmup_steps", &CosineDecayOptions::warmup_steps, "steps of the warm-up");
TUTTI_REGISTER(LearningRateSchedule, CosineDecayRestarts, "CosineDecayRestarts",
               "half cosines, each longer than the last")
    .required("initial_learning_rate", &CosineDecayRestartsOptions::initial_learning_rate,
              "the rate at step 0")
    .required("first_decay_steps", &CosineDecayRestartsOptions::first_decay_steps,
              "steps of the first fall")
    .argument("t_mul", &CosineDecayRestartsOptions::t_mul, "growth of the length of a fall")
    .argument("m_mul", &CosineDecayRestartsOptions::m_mul, "growth of the height of a fall")
    .argument("alpha", &CosineDecayRestartsOptions::alpha, "the end rate as a part of the first");

}  // namespace tutti
