#include "core/ops/pooling.h"

#include <algorithm>
#include <cstdint>

#include "core/base/error.h"
#include "core/ops/elementwise.h"
#include "core/ops/op_checks.h"
#include "core/ops/pick.h"
#include "core/ops/reduce.h"

namespace tutti {
namespace {

// How many elements of the input each window covers, shape (o.., 1).
Tensor covered(const Shape& x, const Windows& windows) {
  const size_t axes = windows.size.size();
  const std::vector<int64_t> extents{x.dims().begin() + 1, x.dims().end() - 1};
  std::vector<int64_t> positions = windows.positions(extents, "average_pool");
  std::vector<double> counts{1};
  for (size_t axis = 0; axis < axes; ++axis) {
    std::vector<double> longer;
    for (const double count : counts)
      for (int64_t o = 0; o < positions[axis]; ++o) {
        int64_t inside = 0;
        for (int64_t k = 0; k < windows.size[axis]; ++k) {
          const int64_t i =
              o * windows.stride[axis] - windows.before[axis] + k * windows.dilation[axis];
          inside += i >= 0 && i < extents[axis];
        }
        longer.push_back(count * static_cast<double>(inside));
      }
    counts = std::move(longer);
  }
  positions.push_back(1);
  return Tensor::from(counts, Shape(std::move(positions)));
}

}  // namespace

std::vector<ValueType> MaxPoolOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("max_pool", inputs, 1);
  // As patches, whose axis of elements the maximum takes away.
  ValueType y = PatchesOp(windows_, 0).infer(inputs)[0];
  std::vector<int64_t> dims = y.shape.dims();
  dims.erase(dims.end() - 2);
  y.shape = Shape(std::move(dims));
  if (inputs[0].shape.tail().elements() > INT32_MAX)
    fail("max_pool", "a row of {} has more than 2^31 elements; pool smaller ones",
         to_string(inputs[0]));
  return {y, {DType::i32, y.shape, y.kind}};
}

std::vector<Value> MaxPoolOp::gradient(const std::shared_ptr<Node>& node,
                                       std::span<const Value> output_gradients) const {
  if (!output_gradients[0].defined()) return {Value()};
  return {spread(output_gradients[0], Value(node, 1), node->inputs[0].shape().tail())};
}

Value max_pool(const Value& x, const Windows& windows) {
  return make_node(std::make_shared<MaxPoolOp>(windows), {x});
}

Value average_pool(const Value& x, const Windows& windows) {
  const Value sums = reduce_sum(patches(x, windows), {-2});
  const auto none = [](const std::vector<int64_t>& list) {
    return std::ranges::all_of(list, [](int64_t value) { return value == 0; });
  };
  if (none(windows.before) && none(windows.after))
    return sums / static_cast<double>(windows.elements());
  return sums / Value(covered(x.shape(), windows).to(x.dtype()));
}

}  // namespace tutti
