#include "core/activations/sparsemax.h"

#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"

namespace tutti {
namespace {

// (n, n, 1, ...): true where the index of axis 0 is not above that of axis 1.
Value not_behind(int64_t n, int axes_of_1) {
  std::vector<double> values;
  for (int64_t j = 0; j < n; ++j)
    for (int64_t i = 0; i < n; ++i) values.push_back(j <= i ? 1.0 : 0.0);
  std::vector<int64_t> dims(static_cast<size_t>(2 + axes_of_1), 1);
  dims[0] = dims[1] = n;
  return Value(Tensor::from(values, Shape(dims)).to(DType::bool_));
}

}  // namespace

Value SparsemaxActivation::operator()(const Value& x) const {
  const int rank = x.shape().rank(), axis = normalize_axis(options_.axis, rank, "sparsemax");
  // Of each element those that sorting puts before it, and itself: larger ones, the first of
  // equals.
  const Value own = expand_dims(x, axis), other = expand_dims(x, axis + 1);
  const Value tied = logical_and(equal(other, own), not_behind(x.shape()[axis], rank - 1 - axis));
  const Value before = cast(logical_or(greater(other, own), tied), x.dtype());
  const Value count = reduce_sum(before, {axis}), sum = reduce_sum(before * other, {axis});
  const Value stays = cast(greater(x, (sum - 1.0) / count), x.dtype());
  const Value threshold =
      (reduce_sum(stays * sum, {axis}, true) - 1.0) / reduce_sum(stays, {axis}, true);
  return relu(x - threshold);
}

TUTTI_REGISTER(ActivationFunction, SparsemaxActivation, "sparsemax",
               "x above a threshold along an axis, exact zeros elsewhere")
    .argument("axis", &SoftmaxOptions::axis, "whose largest elements stay");

}  // namespace tutti
