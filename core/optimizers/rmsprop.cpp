#include "core/optimizers/rmsprop.h"

#include "core/base/error.h"
#include "core/ops/elementwise.h"

namespace tutti {

RMSprop::RMSprop(Options options)
    : Optimizer(common_options(options)), options_(std::move(options)) {
  if (!(options_.rho >= 0 && options_.rho <= 1))
    fail("RMSprop", "rho is {}; use a number from 0 to 1", options_.rho);
  if (!(options_.momentum >= 0 && options_.momentum <= 1))
    fail("RMSprop", "momentum is {}; use a number from 0 to 1", options_.momentum);
}

Value RMSprop::update(const Update& u) const {
  const double rho = options_.rho;
  const Value velocity = u.slot("velocity") * rho + square(u.gradient) * (1.0 - rho);
  u.set_slot("velocity", velocity);
  Value scale = velocity;
  if (options_.centered) {
    const Value mean = u.slot("average_gradient") * rho + u.gradient * (1.0 - rho);
    u.set_slot("average_gradient", mean);
    scale = velocity - square(mean);
  }
  const Value step = u.learning_rate * u.gradient / sqrt(scale + options_.epsilon);
  if (options_.momentum == 0) return u.parameter - step;
  const Value momentum = u.slot("momentum") * options_.momentum + step;
  u.set_slot("momentum", momentum);
  return u.parameter - momentum;
}

TUTTI_REGISTER(Optimizer, RMSprop, "RMSprop", "gradients divided by their root mean square")
    .argument("rho", &RMSpropOptions::rho, "decay of the mean of squares")
    .argument("momentum", &RMSpropOptions::momentum, "part of the last step that goes on")
    .argument("epsilon", &RMSpropOptions::epsilon, "added to the mean of squares")
    .argument("centered", &RMSpropOptions::centered, "divide by the estimated variance")
    .with(declare_common_options);

}  // namespace tutti
