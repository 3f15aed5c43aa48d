#include "core/ops/reduce.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/graph/elementwise.h"
#include "core/ops/broadcast_to.h"
#include "core/ops/cast.h"
#include "core/ops/op_checks.h"
#include "core/ops/reshape.h"

namespace tutti {
namespace {

constexpr const char* kReduceNames[] = {"reduce_sum", "reduce_max", "reduce_min"};

Shape without_axes(const Shape& shape, int begin, int end) {
  std::vector<int64_t> dims = shape.dims();
  dims.erase(dims.begin() + begin, dims.begin() + end);
  return Shape(std::move(dims));
}

// `reduced` with extents of 1 where [begin, end) of `full` was.
Shape with_ones(const Shape& full, int begin, int end) {
  std::vector<int64_t> dims = full.dims();
  std::fill(dims.begin() + begin, dims.begin() + end, int64_t{1});
  return Shape(std::move(dims));
}

// Ascending, each once, from axes that may count from the end; none means all.
std::vector<int> sorted_axes(const Value& value, std::vector<int> axes, const char* where) {
  const int rank = value.shape().rank();
  if (axes.empty())
    for (int axis = 0; axis < rank; ++axis) axes.push_back(axis);
  for (int& axis : axes) axis = normalize_axis(axis, rank, where);
  std::sort(axes.begin(), axes.end());
  if (std::adjacent_find(axes.begin(), axes.end()) != axes.end())
    fail(where, "an axis of {} is named twice; name each once", to_string(value.shape()));
  return axes;
}

// Runs of neighbouring axes become one node each, the last first; rows are a run of their own.
Value reduce_runs(const Value& value, const std::vector<int>& axes, Reduction reduction) {
  const bool rows = value.kind() == ValueKind::row;
  Value result = value;
  for (size_t last = axes.size(); last > 0;) {
    size_t first = last - 1;
    while (first > 0 && axes[first - 1] == axes[first] - 1 && !(rows && axes[first - 1] == 0))
      --first;
    result =
        make_node(std::make_shared<ReduceOp>(reduction, axes[first], axes[last - 1] + 1), {result});
    last = first;
  }
  return result;
}

Value keep_axes(const Value& full, const Value& reduced, const std::vector<int>& axes) {
  std::vector<int64_t> dims = full.shape().dims();
  for (const int axis : axes) dims[static_cast<size_t>(axis)] = 1;
  return reshape(reduced, Shape(std::move(dims)));
}

Value reduce(const Value& value, std::vector<int> axes, bool keepdims, Reduction reduction) {
  axes = sorted_axes(value, std::move(axes), kReduceNames[static_cast<int>(reduction)]);
  const Value result = reduce_runs(value, axes, reduction);
  return keepdims ? keep_axes(value, result, axes) : result;
}

}  // namespace

std::string_view ReduceOp::name() const { return kReduceNames[static_cast<int>(reduction_)]; }

std::vector<ValueType> ReduceOp::infer(std::span<const ValueType> inputs) const {
  const char* where = kReduceNames[static_cast<int>(reduction_)];
  require_inputs(where, inputs, 1);
  const ValueType& in = inputs[0];
  if (begin_ < 0 || end_ > in.shape.rank() || begin_ >= end_)
    fail(where, "axes {} to {} are not axes of {}; name some of its {}", begin_, end_ - 1,
         to_string(in.shape), in.shape.rank());
  const bool any_integer = reduction_ != Reduction::sum && in.dtype == DType::i32;
  if (!is_floating(in.dtype) && in.dtype != DType::i64 && !any_integer)
    fail(where, "takes floating numbers or int64, got {}; cast it first", to_string(in));
  const bool over_rows = in.kind == ValueKind::row && begin_ == 0;
  if (over_rows && reduction_ != Reduction::sum)
    fail(where, "cannot go over the rows of {}, which ranks share; use gather_rows on it first",
         to_string(in.shape));
  if (over_rows && end_ != 1)
    fail(where, "axes 0 to {} of {} hold the rows; reduce the other axes first", end_ - 1,
         to_string(in.shape));
  for (int axis = begin_; axis < end_; ++axis)
    if (reduction_ != Reduction::sum && in.shape[axis] == 0)
      fail(where, "axis {} of {} has no elements to choose from; it needs one or more", axis,
           to_string(in.shape));
  return {
      {in.dtype, without_axes(in.shape, begin_, end_), over_rows ? ValueKind::partial : in.kind}};
}

std::vector<Value> ReduceOp::gradient(const std::shared_ptr<Node>& node,
                                      std::span<const Value> output_gradients) const {
  const Value &x = node->inputs[0], &dy = output_gradients[0];
  if (!dy.defined() || !is_floating(x.dtype())) return {Value()};
  const Shape ones = with_ones(x.shape(), begin_, end_);
  const auto spread = [&](const Value& value) {
    return broadcast_to(reshape(value, ones), x.shape(), x.kind());
  };
  if (reduction_ == Reduction::sum) return {spread(dy)};
  const Value chosen = cast(tutti::elementwise("equal", {x, spread(Value(node))}), x.dtype());
  const Value count = make_node(std::make_shared<ReduceOp>(Reduction::sum, begin_, end_), {chosen});
  return {tutti::elementwise("mul", {chosen, spread(tutti::elementwise("div", {dy, count}))})};
}

Value ReduceOp::sum_of(std::span<const Value> terms) const {
  Value sum;
  for (const auto& term : terms) {
    const Value& x = term.node()->inputs[0];
    if (term.kind() != ValueKind::partial || x.kind() != ValueKind::row ||
        (sum.defined() && sum.type() != x.type()))
      return {};
    sum = sum.defined() ? tutti::elementwise("add", {sum, x}) : x;
  }
  return make_node(terms[0].node()->op, {sum});
}

std::string ReduceOp::parameters() const { return fmt::format("axes={}:{}", begin_, end_); }

Value reduce_sum(const Value& value, std::vector<int> axes, bool keepdims) {
  return reduce(value, std::move(axes), keepdims, Reduction::sum);
}
Value reduce_max(const Value& value, std::vector<int> axes, bool keepdims) {
  return reduce(value, std::move(axes), keepdims, Reduction::max);
}
Value reduce_min(const Value& value, std::vector<int> axes, bool keepdims) {
  return reduce(value, std::move(axes), keepdims, Reduction::min);
}

Value reduce_mean(const Value& value, std::vector<int> axes, bool keepdims) {
  require_floating("reduce_mean", value.type());
  axes = sorted_axes(value, std::move(axes), "reduce_mean");
  double count = 1;
  bool over_rows = false;
  for (const int axis : axes) {
    if (value.shape()[axis] == kRows)
      over_rows = true;
    else
      count *= static_cast<double>(value.shape()[axis]);
  }
  Value sum = reduce_runs(value, axes, Reduction::sum);
  if (over_rows) sum = tutti::elementwise("div", {sum_rows(sum), cast(row_count(), value.dtype())});
  if (count != 1) sum = tutti::elementwise("div", {sum, Value(count)});
  return keepdims ? keep_axes(value, sum, axes) : sum;
}

}  // namespace tutti
