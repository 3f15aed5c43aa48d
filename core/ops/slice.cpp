#include "core/ops/slice.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <numeric>

#include "core/base/error.h"
#include "core/ops/op_checks.h"
#include "core/ops/pad.h"

namespace tutti {

std::vector<ValueType> SliceOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("slice", inputs, 1);
  const ValueType& in = inputs[0];
  const auto rank = static_cast<size_t>(in.shape.rank());
  bool fits = begin_.size() == rank && end_.size() == rank;
  std::vector<int64_t> dims = in.shape.dims();
  for (size_t axis = 0; fits && axis < rank; ++axis) {
    if (dims[axis] == kRows) {
      fits = begin_[axis] == 0 && end_[axis] == kRows;
      continue;
    }
    fits = 0 <= begin_[axis] && begin_[axis] <= end_[axis] && end_[axis] <= dims[axis];
    dims[axis] = end_[axis] - begin_[axis];
  }
  if (!fits)
    fail("slice", "[{}] to [{}] is no part of {}; stay inside every axis and take the rows whole",
         fmt::join(begin_, ", "), fmt::join(end_, ", "), to_string(in.shape));
  return {{in.dtype, Shape(std::move(dims)), in.kind}};
}

std::vector<Value> SliceOp::gradient(const std::shared_ptr<Node>& node,
                                     std::span<const Value> output_gradients) const {
  if (!output_gradients[0].defined()) return {Value()};
  std::vector<int64_t> after;
  for (size_t axis = 0; axis < end_.size(); ++axis)
    after.push_back(node->inputs[0].shape().dims()[axis] - end_[axis]);
  return {pad(output_gradients[0], begin_, after)};
}

std::string SliceOp::parameters() const {
  return fmt::format("[{}]:[{}]", fmt::join(begin_, ","), fmt::join(end_, ","));
}

Value slice(const Value& value, const std::vector<int64_t>& begin,
            const std::vector<int64_t>& end) {
  return make_node(std::make_shared<SliceOp>(begin, end), {value});
}

Value slice(const Value& value, int axis, int64_t begin, int64_t end) {
  const int at = normalize_axis(axis, value.shape().rank(), "slice");
  std::vector<int64_t> first(static_cast<size_t>(value.shape().rank()), 0);
  std::vector<int64_t> last = value.shape().dims();
  first[static_cast<size_t>(at)] = begin;
  last[static_cast<size_t>(at)] = end;
  return slice(value, first, last);
}

std::vector<Value> split(const Value& value, const std::vector<int64_t>& extents, int axis) {
  const int at = normalize_axis(axis, value.shape().rank(), "split");
  const int64_t sum = std::accumulate(extents.begin(), extents.end(), int64_t{0});
  if (sum != value.shape()[at])
    fail("split", "pieces of [{}] do not make up axis {} of {}; their sum must be its extent",
         fmt::join(extents, ", "), axis, to_string(value.shape()));
  std::vector<Value> pieces;
  int64_t begin = 0;
  for (const int64_t extent : extents) {
    pieces.push_back(slice(value, at, begin, begin + extent));
    begin += extent;
  }
  return pieces;
}

std::vector<Value> split(const Value& value, int pieces, int axis) {
  const int at = normalize_axis(axis, value.shape().rank(), "split");
  const int64_t extent = value.shape()[at];
  if (pieces < 1 || extent < 0 || extent % pieces != 0)
    fail("split", "axis {} of {} does not divide into {} equal pieces; name their extents", axis,
         to_string(value.shape()), pieces);
  return split(value, std::vector<int64_t>(static_cast<size_t>(pieces), extent / pieces), at);
}

}  // namespace tutti
