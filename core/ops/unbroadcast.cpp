// The gradient of broadcasting: declared beside the elementwise ops, defined where sums are.
#include "core/graph/elementwise.h"
#include "core/ops/reduce.h"

namespace tutti {

Value unbroadcast(const Value& gradient, const ValueType& target) {
  const Shape& from = gradient.shape();
  const int added = from.rank() - target.shape.rank();
  std::vector<int> leading, repeated;
  for (int axis = 0; axis < added; ++axis) leading.push_back(axis);
  for (int axis = added; axis < from.rank(); ++axis)
    if (target.shape[axis - added] == 1 && from[axis] != 1) repeated.push_back(axis);
  Value sum = gradient;
  if (!repeated.empty()) sum = reduce_sum(sum, repeated, true);
  if (!leading.empty()) sum = reduce_sum(sum, leading, false);
  return sum;
}

}  // namespace tutti
