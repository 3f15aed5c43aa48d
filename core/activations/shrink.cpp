#include "core/activations/shrink.h"

#include "core/ops/elementwise.h"

namespace tutti {

Value HardShrinkActivation::operator()(const Value& x) const {
  return select(greater(abs(x), options_.threshold), x, 0.0);
}

Value SoftShrinkActivation::operator()(const Value& x) const {
  const double t = options_.threshold;
  return select(greater(x, t), x - t, select(less(x, -t), x + t, 0.0));
}

Value ThresholdActivation::operator()(const Value& x) const {
  return select(greater(x, options_.threshold), x, options_.default_value);
}

TUTTI_REGISTER(ActivationFunction, HardShrinkActivation, "hard_shrink",
               "0 where |x| <= threshold, x elsewhere")
    .argument("threshold", &ShrinkOptions::threshold, "largest magnitude that becomes 0");
TUTTI_REGISTER(ActivationFunction, SoftShrinkActivation, "soft_shrink",
               "x moved by threshold towards 0")
    .argument("threshold", &ShrinkOptions::threshold, "how far");
TUTTI_REGISTER(ActivationFunction, ThresholdActivation, "threshold",
               "x above threshold, default_value elsewhere")
    .required("threshold", &ThresholdOptions::threshold, "values up to it are replaced")
    .required("default_value", &ThresholdOptions::default_value, "what replaces them");

}  // namespace tutti
