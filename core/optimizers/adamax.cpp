#include "core/optimizers/adamax.h"

#include "core/ops/elementwise.h"
#include "core/optimizers/check_moments.h"

namespace tutti {

Adamax::Adamax(Options options) : Optimizer(common_options(options)), options_(std::move(options)) {
  check_moments("Adamax", options_);
}

Value Adamax::update(const Update& u) const {
  Value m = u.slot("momentum");
  m = m + (u.gradient - m) * (1.0 - options_.beta_1);
  const Value largest = maximum(options_.beta_2 * u.slot("norm"), abs(u.gradient));
  u.set_slot("momentum", m);
  u.set_slot("norm", largest);
  const Value correction = u.scalar(1.0 - pow(f64_scalar(options_.beta_1), u.step));
  return u.parameter - u.learning_rate * m / (correction * (largest + options_.epsilon));
}

TUTTI_REGISTER(Optimizer, Adamax, "Adamax", "Adam with the largest gradient as its scale")
    .with(declare_moments)
    .with(declare_common_options);

}  // namespace tutti
