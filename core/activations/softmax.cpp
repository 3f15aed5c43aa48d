#include "core/activations/softmax.h"

#include "core/ops/softmax.h"

namespace tutti {

Value SoftmaxActivation::operator()(const Value& x) const { return softmax(x, options_.axis); }
Value LogSoftmaxActivation::operator()(const Value& x) const {
  return log_softmax(x, options_.axis);
}

TUTTI_REGISTER(ActivationFunction, SoftmaxActivation, "softmax", "e^x over its sum along an axis")
    .argument("axis", &SoftmaxOptions::axis, "whose elements add to 1");
TUTTI_REGISTER(ActivationFunction, LogSoftmaxActivation, "log_softmax", "the logarithm of softmax")
    .argument("axis", &SoftmaxOptions::axis, "whose exponentials add to 1");

}  // namespace tutti
