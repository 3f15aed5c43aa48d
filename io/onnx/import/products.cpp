// Products, sums over axes and softmax.
#include <algorithm>
#include <numeric>

#include "core/ops/arg_reduce.h"
#include "core/ops/batch_matmul.h"
#include "core/ops/broadcast_to.h"
#include "core/ops/elementwise.h"
#include "core/ops/matmul.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"
#include "core/ops/softmax.h"
#include "core/ops/transpose.h"
#include "io/onnx/import/operator.h"

namespace tutti::onnx {
namespace {

using Meanings = std::vector<Meaning>;

Meanings read_gemm(const Operator& op) {
  Value a = op.value(0), b = op.value(1);
  if (a.shape().rank() != 2 || b.shape().rank() != 2)
    op.refuse("takes matrices, got {} and {}", to_string(a.shape()), to_string(b.shape()));
  if (op.integer("transA", 0) != 0 && a.kind() == ValueKind::row)
    op.refuse("transA turns the rows; they stay axis 0 here");
  Value y = matmul(a, b, op.integer("transA", 0) != 0, op.integer("transB", 0) != 0);
  if (const double alpha = op.number("alpha", 1); alpha != 1) y = y * alpha;
  if (!op.has(2)) return {y};
  const double beta = op.number("beta", 1);
  return {y + (beta == 1 ? op.value(2) : op.value(2) * beta)};
}

// A value whose axes before the last two are `leading`.
Value with_leading(const Value& x, const Shape& leading) {
  std::vector<int64_t> dims = leading.dims();
  dims.push_back(x.shape()[-2]);
  dims.push_back(x.shape()[-1]);
  const Shape shape(std::move(dims));
  return x.shape() == shape ? x : broadcast_to(x, shape);
}
Shape leading_of(const Value& x) {
  return Shape({x.shape().dims().begin(), x.shape().dims().end() - 2});
}

Meanings read_matmul(const Operator& op) {
  const Value &a = op.value(0), &b = op.value(1);
  if (a.shape().rank() < 2 || b.shape().rank() < 2)
    op.refuse("takes matrices, got {} and {}; reshape them", to_string(a.shape()),
              to_string(b.shape()));
  if (b.shape().rank() == 2 && b.kind() == ValueKind::same) return {matmul(a, b)};
  if (b.kind() == ValueKind::row && b.shape().rank() == 2)
    op.refuse("multiplies with a matrix whose rows are those of the data");
  const Shape leading = broadcast(leading_of(a), leading_of(b), "onnx");
  return {batch_matmul(with_leading(a, leading), with_leading(b, leading))};
}

using Reduce = Value (*)(const Value&, std::vector<int>, bool);
OperatorReader reduction(Reduce reduce) {
  return [reduce](const Operator& op) -> Meanings {
    const Value& x = op.value(0);
    const auto rank = static_cast<size_t>(x.shape().rank());
    std::vector<int64_t> all(rank);
    std::iota(all.begin(), all.end(), 0);
    const auto given = op.integers_of("axes", 1).value_or(all);
    if (given.empty() && op.integer("noop_with_empty_axes", 0) != 0) return {x};
    std::vector<int> axes;
    for (const int64_t axis : given.empty() ? all : given) axes.push_back(op.axis(axis, rank));
    if (x.kind() == ValueKind::row && std::ranges::find(axes, 0) != axes.end())
      op.refuse("reduces the rows; they stay here");
    return {reduce(x, axes, op.integer("keepdims", 1) != 0)};
  };
}
Value reduce_l2(const Value& x, std::vector<int> axes, bool keepdims) {
  return sqrt(reduce_sum(square(x), std::move(axes), keepdims));
}

template <Value (*choose)(const Value&, int)>
Meanings read_arg_reduce(const Operator& op) {
  const Value& x = op.value(0);
  op.require("select_last_index", 0);
  const int axis = op.axis(op.integer("axis", 0), static_cast<size_t>(x.shape().rank()));
  if (axis == 0 && x.kind() == ValueKind::row) op.refuse("chooses among the rows; they stay here");
  const Value y = choose(x, axis);
  return {op.integer("keepdims", 1) != 0 ? expand_dims(y, axis) : y};
}

// Before opset 13 all axes from `axis` on were one.
template <Value (*function)(const Value&, int)>
Meanings read_softmax(const Operator& op) {
  const Value& x = op.value(0);
  const bool old = op.opset() < 13;
  const int rank = x.shape().rank();
  const int axis = op.axis(op.integer("axis", old ? 1 : -1), static_cast<size_t>(rank));
  if (axis == 0 && x.kind() == ValueKind::row) op.refuse("runs along the rows; they stay here");
  if (!old || axis == rank - 1) return {function(x, axis)};
  if (axis != 1 || x.kind() != ValueKind::row)
    op.refuse("of opset {} runs over several axes from {}; export with opset 13", op.opset(), axis);
  return {reshape(function(flatten(x), 1), x.shape())};
}

Meanings read_layer_normalization(const Operator& op) {
  const Value& x = op.value(0);
  const int rank = x.shape().rank();
  std::vector<int> axes;
  for (int axis = op.axis(op.integer("axis", -1), static_cast<size_t>(rank)); axis < rank; ++axis)
    axes.push_back(axis);
  if (axes[0] == 0 && x.kind() == ValueKind::row) op.refuse("runs along the rows; they stay here");
  const Value centered = x - reduce_mean(x, axes, true);
  const Value deviation =
      sqrt(reduce_mean(square(centered), axes, true) + op.number("epsilon", 1e-5));
  const Value y = centered / deviation * op.value(1);
  return {op.has(2) ? y + op.value(2) : y};
}

// Each channel of each row by itself; PyTorch's GroupNorm is this of reshaped groups.
Meanings read_instance_normalization(const Operator& op) {
  const Value& x = op.value(0);
  std::vector<int> axes;
  std::vector<int64_t> wide{x.shape().rank() > 1 ? x.shape()[1] : 0};
  for (int axis = 2; axis < x.shape().rank(); ++axis) {
    axes.push_back(axis);
    wide.push_back(1);
  }
  if (axes.empty()) op.refuse("takes rows, channels and more axes, got {}", to_string(x.shape()));
  const Value centered = x - reduce_mean(x, axes, true);
  const Value y =
      centered / sqrt(reduce_mean(square(centered), axes, true) + op.number("epsilon", 1e-5));
  return {y * reshape(op.value(1), Shape(wide)) + reshape(op.value(2), Shape(wide))};
}

[[maybe_unused]] const bool products_read = [] {
  register_operator("Gemm", read_gemm);
  register_operator("MatMul", read_matmul);
  const std::pair<const char*, Reduce> reductions[] = {{"ReduceSum", reduce_sum},
                                                       {"ReduceMean", reduce_mean},
                                                       {"ReduceMax", reduce_max},
                                                       {"ReduceMin", reduce_min},
                                                       {"ReduceL2", reduce_l2}};
  for (const auto& [type, reduce] : reductions) register_operator(type, reduction(reduce));
  register_operator("ArgMax", read_arg_reduce<argmax>);
  register_operator("ArgMin", read_arg_reduce<argmin>);
  register_operator("Softmax", read_softmax<softmax>);
  register_operator("LogSoftmax", read_softmax<log_softmax>);
  register_operator("LayerNormalization", read_layer_normalization);
  register_operator("InstanceNormalization", read_instance_normalization);
  return true;
}();

}  // namespace
}  // namespace tutti::onnx
