#include "core/optimizers/lion.h"

#include "core/base/error.h"
#include "core/ops/elementwise.h"

namespace tutti {

Lion::Lion(Options options) : Optimizer(common_options(options)), options_(std::move(options)) {
  if (!(options_.beta_1 > 0 && options_.beta_1 <= 1))
    fail("Lion", "beta_1 is {}; use a number above 0, up to 1", options_.beta_1);
  if (!(options_.beta_2 >= 0 && options_.beta_2 <= 1))
    fail("Lion", "beta_2 is {}; use a number from 0 to 1", options_.beta_2);
}

Value Lion::update(const Update& u) const {
  const Value m = u.slot("momentum");
  const Value mean = m * options_.beta_1 + u.gradient * (1.0 - options_.beta_1);
  u.set_slot("momentum", m * options_.beta_2 + u.gradient * (1.0 - options_.beta_2));
  return u.parameter - u.learning_rate * sign(mean);
}

TUTTI_REGISTER(Optimizer, Lion, "Lion", "steps of one size, in the direction of a mean")
    .argument("beta_1", &LionOptions::beta_1, "part of the mean in the direction of a step")
    .argument("beta_2", &LionOptions::beta_2, "decay of the mean of gradients")
    .with(declare_common_options);

}  // namespace tutti
