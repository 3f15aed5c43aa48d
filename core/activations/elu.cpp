#include "core/activations/elu.h"

#include "core/ops/elementwise.h"

namespace tutti {

Value EluActivation::operator()(const Value& x) const {
  return select(greater(x, 0.0), x, options_.alpha * expm1(minimum(x, 0.0)));
}

TUTTI_REGISTER(ActivationFunction, EluActivation, "elu", "x above 0, alpha (e^x - 1) below")
    .argument("alpha", &EluOptions::alpha, "the limit towards minus infinity, negated");

}  // namespace tutti
