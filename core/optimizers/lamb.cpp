#include "core/optimizers/lamb.h"

#include "core/ops/elementwise.h"
#include "core/optimizers/check_moments.h"

namespace tutti {

Lamb::Lamb(Options options) : Optimizer(common_options(options)), options_(std::move(options)) {
  check_moments("Lamb", options_);
}

Value Lamb::update(const Update& u) const {
  Value m = u.slot("momentum"), v = u.slot("velocity");
  m = m + (u.gradient - m) * (1.0 - options_.beta_1);
  v = v + (square(u.gradient) - v) * (1.0 - options_.beta_2);
  u.set_slot("momentum", m);
  u.set_slot("velocity", v);
  const auto correction = [&](double beta) {
    return u.scalar(1.0 - pow(f64_scalar(beta), u.step));
  };
  const Value step =
      m / correction(options_.beta_1) / (sqrt(v / correction(options_.beta_2)) + options_.epsilon);
  ParameterGroup& group = *u.self.group();
  const auto norms = [&](const Value& share) { return sqrt(group.tensor_sums(square(share))); };
  const Value have = norms(u.parameter), go = norms(step);
  const Value known = logical_and(greater(have, 0.0), greater(go, 0.0));
  const Value trust = select(known, have / select(known, go, 1.0), 1.0);
  return u.parameter - group.expand(trust) * u.learning_rate * step;
}

TUTTI_REGISTER(Optimizer, Lamb, "Lamb", "Adam with steps in proportion to each variable's norm")
    .with(declare_moments)
    .with(declare_common_options);

}  // namespace tutti
