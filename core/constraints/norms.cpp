#include "core/constraints/norms.h"

#include "core/base/error.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"

namespace tutti {
namespace {

constexpr double kNormEpsilon = 1e-7;  // Keras's, beside every norm that divides

Value norms_along(const Value& weight, const std::vector<int>& axis) {
  return sqrt(reduce_sum(square(weight), axis, true));
}

void check_norm_bound(const char* where, const char* name, double value) {
  if (!(value >= 0)) fail(where, "{} is {}; use 0 or more", name, value);
}

}  // namespace

MaxNorm::MaxNorm(Options options) : options_(std::move(options)) {
  check_norm_bound("MaxNorm", "max_value", options_.max_value);
}

Value MaxNorm::operator()(const Value& weight) const {
  const Value norms = norms_along(weight, options_.axis);
  return weight * (minimum(norms, options_.max_value) / (norms + kNormEpsilon));
}

MinMaxNorm::MinMaxNorm(Options options) : options_(std::move(options)) {
  check_norm_bound("MinMaxNorm", "min_value", options_.min_value);
  if (!(options_.max_value >= options_.min_value))
    fail("MinMaxNorm", "max_value {} is below min_value {}; exchange them", options_.max_value,
         options_.min_value);
  if (!(options_.rate >= 0 && options_.rate <= 1))
    fail("MinMaxNorm", "rate is {}; use a number from 0 to 1", options_.rate);
}

Value MinMaxNorm::operator()(const Value& weight) const {
  const Value norms = norms_along(weight, options_.axis);
  const Value within = minimum(maximum(norms, options_.min_value), options_.max_value);
  const Value wanted = options_.rate * within + (1.0 - options_.rate) * norms;
  return weight * (wanted / (norms + kNormEpsilon));
}

Value UnitNorm::operator()(const Value& weight) const {
  return weight / (norms_along(weight, options_.axis) + kNormEpsilon);
}

inline constexpr auto declare_norm_axis = []<typename Builder>(Builder& builder) {
  builder.argument("axis", &Builder::Options::axis, "along which the vectors lie");
};
TUTTI_REGISTER(Constraint, MaxNorm, "MaxNorm", "norms up to max_value")
    .argument("max_value", &MaxNormOptions::max_value, "largest norm")
    .with(declare_norm_axis);
TUTTI_REGISTER(Constraint, MinMaxNorm, "MinMaxNorm", "norms from min_value to max_value")
    .argument("min_value", &MinMaxNormOptions::min_value, "smallest norm")
    .argument("max_value", &MinMaxNormOptions::max_value, "largest norm")
    .argument("rate", &MinMaxNormOptions::rate, "how much of the way is gone at each step")
    .with(declare_norm_axis);
TUTTI_REGISTER(Constraint, UnitNorm, "UnitNorm", "norms of 1").with(declare_norm_axis);

}  // namespace tutti
