#include "core/optimizers/sgd.h"

#include "core/base/error.h"
#include "core/ops/elementwise.h"

namespace tutti {

SGD::SGD(Options options) : Optimizer(common_options(options)), options_(std::move(options)) {
  if (!(options_.momentum >= 0 && options_.momentum <= 1))
    fail("SGD", "momentum is {}; use a number from 0 to 1", options_.momentum);
}

Value SGD::update(const Update& u) const {
  const Value step = u.gradient * u.learning_rate;
  if (options_.momentum == 0) return u.parameter - step;
  const Value velocity = u.slot("momentum") * options_.momentum - step;
  u.set_slot("momentum", velocity);
  if (!options_.nesterov) return u.parameter + velocity;
  return u.parameter + (velocity * options_.momentum - step);
}

TUTTI_REGISTER(Optimizer, SGD, "SGD", "gradient descent with momentum")
    .argument("momentum", &SGDOptions::momentum, "part of the last step that goes on")
    .argument("nesterov", &SGDOptions::nesterov, "look ahead along the momentum")
    .with(declare_common_options);

}  // namespace tutti
