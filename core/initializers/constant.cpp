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
  return Tensor::full(shape, options_.value, dtype);
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
TUTTI_REGISTER(Initializer, Constant, "Constant", "one value everywhere")
    .argument("value", &ConstantOptions::value, "of every element");
TUTTI_REGISTER(Initializer, IdentityInitializer, "Identity", "the identity matrix")
    .argument("gain", &IdentityInitializerOptions::gain, "on the diagonal")
    .alias("IdentityInitializer");

}  // namespace tutti
