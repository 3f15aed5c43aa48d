#include "core/layers/identity.h"

namespace tutti {

std::vector<Value> ActivityRegularizationLayer::call(const std::vector<Value>& inputs) {
  add_activity_loss(L1L2(options_), only(inputs));
  return {inputs[0]};
}

TUTTI_REGISTER(Layer, IdentityLayer, "Identity", "its input");
TUTTI_REGISTER(Layer, ActivityRegularizationLayer, "ActivityRegularization",
               "its input, whose penalty is added to the loss")
    .argument("l1", &L1L2Options::l1, "factor of the sum of magnitudes")
    .argument("l2", &L1L2Options::l2, "factor of the sum of squares");

}  // namespace tutti
