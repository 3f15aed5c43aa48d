#include "core/layers/rescaling.h"

#include "core/ops/elementwise.h"

namespace tutti {

std::vector<Value> RescalingLayer::call(const std::vector<Value>& inputs) {
  return {to_dtype(only(inputs)) * options_.scale + options_.offset};
}

TUTTI_REGISTER(Layer, RescalingLayer, "Rescaling", "x * scale + offset")
    .required("scale", &RescalingOptions::scale, "factor")
    .argument("offset", &RescalingOptions::offset, "added afterwards");

}  // namespace tutti
