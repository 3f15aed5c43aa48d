#include "core/activations/squareplus.h"

#include "core/ops/elementwise.h"

namespace tutti {

Value SquareplusActivation::operator()(const Value& x) const {
  return 0.5 * (x + sqrt(square(x) + options_.b));
}

TUTTI_REGISTER(ActivationFunction, SquareplusActivation, "squareplus", "(x + sqrt(x^2 + b)) / 2")
    .argument("b", &SquareplusOptions::b, "how round the corner at 0 is");

}  // namespace tutti
