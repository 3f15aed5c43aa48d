#include "core/initializers/constant.h"

#include <algorithm>
#include <vector>

#include "core/base/error.h"

namespace tutti {

Tensor Zeros::operator()(const Shape& shape, DType dtype) const {
  return Tensor::zeros(shape, dtype);
}
Tensor Ones::operator()(const Shape& shape, DType dtype) const {
  return Tensor::full(shape, 1.0, dtype);
}

Tensor Constant::operator()(const Shape& shape, DType dtype) const {
  const Shape& given = options_.value.shape();
  bool fills = given.rank() <= shape.rank();
  for (int axis = 1; fills && axis <= given.rank(); ++axis)
    fills = given[-axis] == 1 || given[-axis] == shape[-axis];
  if (!fills)
    fail("Constant", "value of shape {} does not fill a weight of shape {}; give it that shape",
         to_string(given), to_string(shape));
  auto values = options_.value.values().to_vector<double>();
  if (values.size() == 1) return Tensor::full(shape, values[0], dtype);
  // From the last axis on: each round repeats what there is along one axis.
  int64_t inner = 1;
  for (int axis = 1; axis <= shape.rank(); inner *= shape[-axis++]) {
    if (axis <= given.rank() && given[-axis] == shape[-axis]) continue;
    std::vector<double> repeated;
    for (auto at = values.begin(); at != values.end(); at += inner)
      for (int64_t i = 0; i < shape[-axis]; ++i) repeated.insert(repeated.end(), at, at + inner);
    values = std::move(repeated);
  }
  return Tensor::from(values, shape).to(dtype);
}

Tensor IdentityInitializer::operator()(const Shape& shape, DType dtype) const {
  if (shape.rank() != 2)
    fail("Identity", "initializes matrices, got shape {}; use another initializer",
         to_string(shape));
  std::vector<double> values(static_cast<size_t>(shape.elements()), 0.0);
  for (int64_t i = 0; i < std::min(shape[0], shape[1]); ++i)
    values[static_cast<size_t>(i * shape[1] + i)] = options_.gain;
  return Tensor::from(values, shape).to(dtype);
}

TUTTI_REGISTER(Initializer, Zeros, "Zeros", "all 0").alias("zero");
TUTTI_REGISTER(Initializer, Ones, "Ones", "all 1").alias("one");
TUTTI_REGISTER(Initializer, Constant, "Constant", "one value everywhere, or an array of them")
    .argument("value", &ConstantOptions::value, "a number, or an array that broadcasts");
TUTTI_REGISTER(Initializer, IdentityInitializer, "Identity", "the identity matrix")
    .argument("gain", &IdentityInitializerOptions::gain, "on the diagonal")
    .alias("IdentityInitializer");

}  // namespace tutti
