#include "core/optimizers/ftrl.h"

#include "core/base/error.h"
#include "core/ops/elementwise.h"

namespace tutti {

Ftrl::Ftrl(Options options) : Optimizer(common_options(options)), options_(std::move(options)) {
  const auto check_positive = [](const char* name, double value) {
    if (!(value >= 0)) fail("Ftrl", "{} is {}; use 0 or more", name, value);
  };
  check_positive("initial_accumulator_value", options_.initial_accumulator_value);
  check_positive("l1_regularization_strength", options_.l1_regularization_strength);
  check_positive("l2_regularization_strength", options_.l2_regularization_strength);
  check_positive("l2_shrinkage_regularization_strength",
                 options_.l2_shrinkage_regularization_strength);
  check_positive("beta", options_.beta);
  if (!(options_.learning_rate_power <= 0))
    fail("Ftrl", "learning_rate_power is {}; use 0 or less", options_.learning_rate_power);
}

Value Ftrl::update(const Update& u) const {
  const Options& o = options_;
  const auto scale = [&](const Value& sum) { return pow(sum, -o.learning_rate_power); };
  const Value before = u.slot("accumulator", o.initial_accumulator_value);
  const Value sum = before + square(u.gradient);
  const Value shrunk = u.gradient + 2.0 * o.l2_shrinkage_regularization_strength * u.parameter;
  const Value linear =
      u.slot("linear") + (shrunk - (scale(sum) - scale(before)) / u.learning_rate * u.parameter);
  u.set_slot("accumulator", sum);
  u.set_slot("linear", linear);
  const Value l2 = o.l2_regularization_strength + o.beta / (2.0 * u.learning_rate);
  const Value quadratic = scale(sum) / u.learning_rate + 2.0 * l2;
  const double l1 = o.l1_regularization_strength;
  return (minimum(maximum(linear, -l1), l1) - linear) / quadratic;
}

TUTTI_REGISTER(Optimizer, Ftrl, "Ftrl", "follow the regularized leader: sparse linear models")
    .argument("learning_rate_power", &FtrlOptions::learning_rate_power,
              "how the rate falls with the sum of squares")
    .argument("initial_accumulator_value", &FtrlOptions::initial_accumulator_value,
              "what the sum of squares begins with")
    .argument("l1_regularization_strength", &FtrlOptions::l1_regularization_strength,
              "penalty on magnitudes")
    .argument("l2_regularization_strength", &FtrlOptions::l2_regularization_strength,
              "penalty on squares")
    .argument("l2_shrinkage_regularization_strength",
              &FtrlOptions::l2_shrinkage_regularization_strength,
              "penalty on squares that enters the gradient alone")
    .argument("beta", &FtrlOptions::beta, "added to the root of the sum of squares")
    .with(declare_common_options);

}  // namespace tutti
