#include "core/activations/glu.h"

#include "core/base/error.h"
#include "core/ops/elementwise.h"
#include "core/ops/slice.h"

namespace tutti {

Value GluActivation::operator()(const Value& x) const {
  const int64_t extent = x.shape()[normalize_axis(options_.axis, x.shape().rank(), "glu")];
  if (extent == kRows || extent % 2 != 0)
    fail("glu", "cannot halve axis {} of {}; name one of an even number of elements", options_.axis,
         to_string(x.shape()));
  const auto halves = split(x, 2, options_.axis);
  return halves[0] * sigmoid(halves[1]);
}

TUTTI_REGISTER(ActivationFunction, GluActivation, "glu",
               "half of an axis times sigmoid of the rest")
    .argument("axis", &GluOptions::axis, "which is halved");

}  // namespace tutti
