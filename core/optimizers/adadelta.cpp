#include "core/optimizers/adadelta.h"

#include "core/base/error.h"
#include "core/ops/elementwise.h"

namespace tutti {

Adadelta::Adadelta(Options options)
    : Optimizer(common_options(options)), options_(std::move(options)) {
  if (!(options_.rho >= 0 && options_.rho <= 1))
    fail("Adadelta", "rho is {}; use a number from 0 to 1", options_.rho);
  if (!(options_.epsilon >= 0)) fail("Adadelta", "epsilon is {}; use 0 or more", options_.epsilon);
}

Value Adadelta::update(const Update& u) const {
  const double rho = options_.rho;
  const auto root = [&](const Value& squares) { return sqrt(squares + options_.epsilon); };
  const Value gradients = rho * u.slot("accumulated_grad") + (1.0 - rho) * square(u.gradient);
  const Value before = u.slot("accumulated_delta_var");
  const Value step = -(root(before) * u.gradient / root(gradients));
  u.set_slot("accumulated_grad", gradients);
  u.set_slot("accumulated_delta_var", rho * before + (1.0 - rho) * square(step));
  return u.parameter + u.learning_rate * step;
}

TUTTI_REGISTER(Optimizer, Adadelta, "Adadelta", "steps sized by the steps before them")
    .argument("rho", &AdadeltaOptions::rho, "decay of the means of squares")
    .argument("epsilon", &AdadeltaOptions::epsilon, "added to the means of squares")
    .with(declare_common_options);

}  // namespace tutti
