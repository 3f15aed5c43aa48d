#include "core/optimizers/decays.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/ops/elementwise.h"

namespace tutti {
namespace {

Value periods(const Value& step, const DecayOptions& options) {
  const Value p = step / f64_scalar(options.decay_steps);
  return options.staircase ? floor(p) : p;
}

}  // namespace

void check_decay_steps(const char* where, const char* name, double steps) {
  if (!(steps > 0)) fail(where, "{} is {}; use a positive number of steps", name, steps);
}

ExponentialDecay::ExponentialDecay(Options options) : options_(options) {
  check_decay_steps("ExponentialDecay", "decay_steps", options_.decay_steps);
}
Value ExponentialDecay::operator()(const Value& step) const {
  return f64_scalar(options_.initial_learning_rate) *
         pow(f64_scalar(options_.decay_rate), periods(step, options_));
}

InverseTimeDecay::InverseTimeDecay(Options options) : options_(options) {
  check_decay_steps("InverseTimeDecay", "decay_steps", options_.decay_steps);
}
Value InverseTimeDecay::operator()(const Value& step) const {
  return f64_scalar(options_.initial_learning_rate) /
         (1.0 + f64_scalar(options_.decay_rate) * periods(step, options_));
}

PolynomialDecay::PolynomialDecay(Options options) : options_(options) {
  check_decay_steps("PolynomialDecay", "decay_steps", options_.decay_steps);
}
Value PolynomialDecay::operator()(const Value& step) const {
  const Value once = f64_scalar(options_.decay_steps);
  Value progress;
  if (options_.cycle) {
    const Value cycles = select(equal(step, 0.0), 1.0, ceil(step / once));
    progress = step / (once * cycles);
  } else {
    progress = minimum(step, once) / once;
  }
  const double drop = options_.initial_learning_rate - options_.end_learning_rate;
  return f64_scalar(drop) * pow(1.0 - progress, f64_scalar(options_.power)) +
         f64_scalar(options_.end_learning_rate);
}

PiecewiseConstantDecay::PiecewiseConstantDecay(Options options) : options_(std::move(options)) {
  const auto& boundaries = options_.boundaries;
  if (boundaries.empty() || options_.values.size() != boundaries.size() + 1)
    fail("PiecewiseConstantDecay", "has {} boundaries and {} values; give one value more",
         boundaries.size(), options_.values.size());
  if (!std::is_sorted(boundaries.begin(), boundaries.end()))
    fail("PiecewiseConstantDecay", "boundaries [{}] are not ascending; sort them",
         fmt::join(boundaries, ", "));
}
Value PiecewiseConstantDecay::operator()(const Value& step) const {
  Value rate = f64_scalar(options_.values.back());
  for (size_t i = options_.boundaries.size(); i-- > 0;)
    rate = select(less_equal(step, f64_scalar(options_.boundaries[i])),
                  f64_scalar(options_.values[i]), rate);
  return rate;
}

inline constexpr auto declare_decay = []<typename Builder>(Builder& builder) {
  builder
      .required("initial_learning_rate", &DecayOptions::initial_learning_rate, "the rate at step 0")
      .required("decay_steps", &DecayOptions::decay_steps, "steps of one decay")
      .required("decay_rate", &DecayOptions::decay_rate, "how much one decay takes")
      .argument("staircase", &DecayOptions::staircase, "whole decays only");
};
TUTTI_REGISTER(LearningRateSchedule, ExponentialDecay, "ExponentialDecay",
               "rate * decay_rate ^ (step / decay_steps)")
    .with(declare_decay);
TUTTI_REGISTER(LearningRateSchedule, InverseTimeDecay, "InverseTimeDecay",
               "rate / (1 + decay_rate * step / decay_steps)")
    .with(declare_decay);
TUTTI_REGISTER(LearningRateSchedule, PolynomialDecay, "PolynomialDecay",
               "from one rate to another along a power")
    .required("initial_learning_rate", &PolynomialDecayOptions::initial_learning_rate,
              "the rate at step 0")
    .required("decay_steps", &PolynomialDecayOptions::decay_steps, "steps until the end")
    .argument("end_learning_rate", &PolynomialDecayOptions::end_learning_rate,
              "the rate at the end")
    .argument("power", &PolynomialDecayOptions::power, "1 is a line")
    .argument("cycle", &PolynomialDecayOptions::cycle, "begin again after decay_steps");
TUTTI_REGISTER(LearningRateSchedule, PiecewiseConstantDecay, "PiecewiseConstantDecay",
               "a rate for each range of steps")
    .required("boundaries", &PiecewiseConstantDecayOptions::boundaries, "last step of each range")
    .required("values", &PiecewiseConstantDecayOptions::values, "a rate for each range, and after");

}  // namespace tutti
