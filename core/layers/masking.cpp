#include "core/layers/masking.h"

#include "core/base/error.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"

namespace tutti {

std::vector<Value> MaskingLayer::call(const std::vector<Value>& inputs) {
  const Value x = to_dtype(only(inputs));
  if (x.shape().rank() < 2)
    fail(where(), "takes an input of rank 2 or more, got {}; give each step a feature",
         to_string(x.shape()));
  return {select(expand_dims(compute_mask(inputs)[0], -1), x, 0.0)};
}

std::vector<Value> MaskingLayer::compute_mask(const std::vector<Value>& inputs) {
  const Value counts = not_equal(to_dtype(inputs[0]), options_.mask_value);
  return {reduce_max(cast(counts, DType::f32), {-1}) > 0.0};
}

TUTTI_REGISTER(Layer, MaskingLayer, "Masking", "leaves out steps that are all one value")
    .argument("mask_value", &MaskingOptions::mask_value, "of the steps that do not count");

}  // namespace tutti
