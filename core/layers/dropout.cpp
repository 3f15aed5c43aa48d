#include "core/layers/dropout.h"

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/ops/broadcast_to.h"
#include "core/ops/dropout.h"
#include "core/ops/elementwise.h"

namespace tutti {

DropoutLayer::DropoutLayer(Options options) : options_(std::move(options)) {
  if (!(options_.rate >= 0 && options_.rate <= 1))
    fail("Dropout", "rate is {}; use a number from 0 to 1", options_.rate);
}

Shape noise_shape_for(const Value& x, const Shape& noise_shape, const std::string& where) {
  std::vector<int64_t> mask = noise_shape.dims();
  if (static_cast<int>(mask.size()) != x.shape().rank() || mask.empty())
    fail(where, "noise_shape {} does not fit the input {}; give one extent for each axis",
         to_string(noise_shape), to_string(x.shape()));
  for (size_t axis = 1; axis < mask.size(); ++axis)
    if (mask[axis] == kRows) mask[axis] = x.shape()[static_cast<int>(axis)];
  if (mask[0] != kRows)
    fail(where, "noise_shape {} names a number of rows; write null for axis 0",
         to_string(noise_shape));
  mask[0] = x.shape()[0];
  return Shape(std::move(mask));
}

Value dropout_mask(const Value& x, const Shape& shape, double rate,
                   const std::optional<int64_t>& seed) {
  const Value ones = broadcast_to(Value(Tensor::full({}, 1.0, x.dtype())), shape);
  return dropout(ones, rate, seed_of(seed));
}

std::vector<Value> DropoutLayer::call(const std::vector<Value>& inputs) {
  const Value& x = only(inputs);
  if (options_.rate == 0) return {x};
  if (options_.rate == 1) return {in_training(x * 0.0, x)};
  if (options_.noise_shape) {
    const Shape mask = noise_shape_for(x, *options_.noise_shape, where());
    return {in_training(x * dropout_mask(x, mask, options_.rate, options_.seed), x)};
  }
  return {in_training(dropout(x, options_.rate, seed_of(options_.seed)), x)};
}

TUTTI_REGISTER(Layer, DropoutLayer, "Dropout", "random zeros while training")
    .required("rate", &DropoutOptions::rate, "part of the elements set to 0")
    .argument("noise_shape", &DropoutOptions::noise_shape,
              "shape of the mask, null for the input's")
    .argument("seed", &DropoutOptions::seed, "decides the masks; null: the job's seed does");

}  // namespace tutti
