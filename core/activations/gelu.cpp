#include "core/activations/gelu.h"

#include <numbers>

#include "core/ops/elementwise.h"

namespace tutti {

Value GeluActivation::operator()(const Value& x) const {
  if (!options_.approximate) return 0.5 * x * (1.0 + erf(x * (1.0 / std::numbers::sqrt2)));
  const double scale = std::numbers::sqrt2 * std::numbers::inv_sqrtpi;  // sqrt(2 / pi)
  return 0.5 * x * (1.0 + tanh(scale * (x + 0.044715 * x * x * x)));
}

TUTTI_REGISTER(ActivationFunction, GeluActivation, "gelu", "x P(X <= x) of a standard normal X")
    .argument("approximate", &GeluOptions::approximate, "with tanh in place of erf");

}  // namespace tutti
