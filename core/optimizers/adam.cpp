#include "core/optimizers/adam.h"

#include "core/base/error.h"
#include "core/ops/elementwise.h"
#include "core/optimizers/check_moments.h"

namespace tutti {
namespace {

// Both of Adam's update; a template since Update is an optimizer's own.
template <typename Update, typename Options>
Value adam_update(const Update& u, const Options& options) {
  // Bias corrections in f64: 1 - beta^step loses most of its digits in f32.
  const Value correction_1 = 1.0 - pow(f64_scalar(options.beta_1), u.step);
  const Value correction_2 = 1.0 - pow(f64_scalar(options.beta_2), u.step);
  const Value rate = u.learning_rate * u.scalar(sqrt(correction_2) / correction_1);
  Value m = u.slot("momentum"), v = u.slot("velocity");
  m = m + (u.gradient - m) * (1.0 - options.beta_1);
  v = v + (square(u.gradient) - v) * (1.0 - options.beta_2);
  u.set_slot("momentum", m);
  u.set_slot("velocity", v);
  if (options.amsgrad) {
    v = maximum(u.slot("velocity_hat"), v);
    u.set_slot("velocity_hat", v);
  }
  return u.parameter - m * rate / (sqrt(v) + options.epsilon);
}

}  // namespace

Adam::Adam(Options options) : Optimizer(common_options(options)), options_(std::move(options)) {
  check_moments("Adam", options_);
}

Value Adam::update(const Update& u) const { return adam_update(u, options_); }

AdamW::AdamW(Options options) : Optimizer(common_options(options)), options_(std::move(options)) {
  check_moments("AdamW", options_);
  if (!options_.weight_decay) fail("AdamW", "needs a weight_decay; use Adam without one");
}

Value AdamW::update(const Update& u) const { return adam_update(u, options_); }

inline constexpr auto declare_adam_options = []<typename Builder>(Builder& builder) {
  using Options = typename Builder::Options;
  builder.with(declare_moments)
      .argument("amsgrad", &Options::amsgrad, "never let the second mean shrink")
      .with(declare_common_options);
};
TUTTI_REGISTER(Optimizer, Adam, "Adam", "adaptive moment estimation").with(declare_adam_options);
TUTTI_REGISTER(Optimizer, AdamW, "AdamW", "Adam with decoupled weight decay")
    .with(declare_adam_options);

}  // namespace tutti
