#include "core/activations/elu.h"

#include "core/base/error.h"
#include "core/ops/elementwise.h"

namespace tutti {

Value EluActivation::operator()(const Value& x) const {
  return select(greater(x, 0.0), x, options_.alpha * expm1(minimum(x, 0.0)));
}

CeluActivation::CeluActivation(Options options) : options_(options) {
  if (options_.alpha == 0) fail("celu", "alpha is 0, which divides x; use another number");
}

Value CeluActivation::operator()(const Value& x) const {
  return maximum(x, 0.0) + options_.alpha * expm1(minimum(x, 0.0) * (1.0 / options_.alpha));
}

TUTTI_REGISTER(ActivationFunction, EluActivation, "elu", "x above 0, alpha (e^x - 1) below")
    .argument("alpha", &EluOptions::alpha, "the limit towards minus infinity, negated");

TUTTI_REGISTER(ActivationFunction, CeluActivation, "celu",
               "x above 0, alpha (e^(x / alpha) - 1) below")
    .argument("alpha", &EluOptions::alpha, "the limit towards minus infinity, negated");

}  // namespace tutti
