#include "core/layers/rescaling.h"

#include "core/ops/elementwise.h"

namespace tutti {

namespace {

Value constant_of(const NumberArray& array, DType dtype) {
  if (array.shape().rank() == 0) return Value(array.values().item());
  return Value(array.values().to(dtype));
}

}  // namespace

std::vector<Value> RescalingLayer::call(const std::vector<Value>& inputs) {
  return {to_dtype(only(inputs)) * constant_of(options_.scale, compute_dtype()) +
          constant_of(options_.offset, compute_dtype())};
}

TUTTI_REGISTER(Layer, RescalingLayer, "Rescaling", "x * scale + offset")
    .required("scale", &RescalingOptions::scale, "factor")
    .argument("offset", &RescalingOptions::offset, "added afterwards");

}  // namespace tutti
