#include "core/optimizers/nadam.h"

#include "core/ops/elementwise.h"
#include "core/ops/scalar/power.h"
#include "core/optimizers/check_moments.h"

namespace tutti {
namespace {

// Updates after which 1 - 0.5 * 0.96^update is long 1, and the product a power.
constexpr int64_t kVaryingUpdates = 1'000'000;

}  // namespace

Nadam::Nadam(Options options) : Optimizer(common_options(options)), options_(std::move(options)) {
  check_moments("Nadam", options_);
}

Value Nadam::update(const Update& u) const {
  const auto weight = [&](const Value& step) {
    return options_.beta_1 * (1.0 - 0.5 * pow(f64_scalar(0.96), step));
  };
  const Value now = weight(u.step), next = weight(u.step + 1.0);
  const Value product = u.whole_slot("u_product", Tensor::full({}, 1.0, DType::f64)) * now;
  u.set_slot("u_product", product);
  Value m = u.slot("momentum"), v = u.slot("velocity");
  m = m + (u.gradient - m) * (1.0 - options_.beta_1);
  v = v + (square(u.gradient) - v) * (1.0 - options_.beta_2);
  u.set_slot("momentum", m);
  u.set_slot("velocity", v);
  const Value mean = u.scalar(next / (1.0 - product * next)) * m +
                     u.scalar((1.0 - now) / (1.0 - product)) * u.gradient;
  const Value correction = u.scalar(1.0 - pow(f64_scalar(options_.beta_2), u.step));
  return u.parameter - mean * u.learning_rate / (sqrt(v / correction) + options_.epsilon);
}

void Nadam::restore_others() {
  const int64_t updates = iterations(), varying = std::min(updates, kVaryingUpdates);
  double product = 1;
  for (int64_t update = 1; update <= varying && product > 0; ++update)
    product *= options_.beta_1 * (1.0 - 0.5 * scalar::pow_of(0.96, static_cast<double>(update)));
  product *= scalar::pow_of(options_.beta_1, static_cast<double>(updates - varying));
  set_whole_slot("u_product", Tensor::full({}, product, DType::f64));
}

TUTTI_REGISTER(Optimizer, Nadam, "Nadam", "Adam with Nesterov momentum")
    .with(declare_moments)
    .with(declare_common_options);

}  // namespace tutti
