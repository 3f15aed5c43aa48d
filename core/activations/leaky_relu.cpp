#include "core/activations/leaky_relu.h"

#include "core/ops/elementwise.h"

namespace tutti {

Value LeakyReluActivation::operator()(const Value& x) const {
  return select(greater(x, 0.0), x, options_.negative_slope * x);
}

TUTTI_REGISTER(ActivationFunction, LeakyReluActivation, "leaky_relu",
               "x above 0, negative_slope * x below")
    .argument("negative_slope", &LeakyReluOptions::negative_slope, "slope below 0");

}  // namespace tutti
