#include "core/ops/softmax.h"

#include <numeric>

#include "core/base/error.h"
#include "core/graph/elementwise.h"
#include "core/ops/op_checks.h"
#include "core/ops/reduce.h"
#include "core/ops/transpose.h"

namespace tutti {
namespace {

Value softmax_along(const Value& value, int axis, bool logarithm) {
  const char* where = logarithm ? "log_softmax" : "softmax";
  const int rank = value.shape().rank();
  const int at = normalize_axis(axis, rank, where);
  if (value.kind() == ValueKind::row && at == 0)
    fail(where, "axis 0 of {} is the rows; name another axis", to_string(value.shape()));
  const auto op = std::make_shared<SoftmaxOp>(logarithm);
  if (at == rank - 1) return make_node(op, {value});
  std::vector<int> swapped(static_cast<size_t>(rank));
  std::iota(swapped.begin(), swapped.end(), 0);
  std::swap(swapped[static_cast<size_t>(at)], swapped.back());
  return transpose(make_node(op, {transpose(value, swapped)}), swapped);
}

}  // namespace

std::vector<ValueType> SoftmaxOp::infer(std::span<const ValueType> inputs) const {
  const char* where = logarithm_ ? "log_softmax" : "softmax";
  require_inputs(where, inputs, 1);
  require_floating(where, inputs[0]);
  const int least_rank = inputs[0].kind == ValueKind::row ? 2 : 1;
  if (inputs[0].shape.rank() < least_rank || inputs[0].shape[-1] == 0)
    fail(where, "has nothing to normalise in {}; the last axis needs one element or more",
         to_string(inputs[0].shape));
  return {inputs[0]};
}

std::vector<Value> SoftmaxOp::gradient(const std::shared_ptr<Node>& node,
                                       std::span<const Value> output_gradients) const {
  const Value &dy = output_gradients[0], y(node);
  if (!dy.defined()) return {Value()};
  if (logarithm_) {  // dy - softmax sum(dy)
    const Value sum = reduce_sum(dy, {-1}, true);
    return {tutti::elementwise(
        "sub", {dy, tutti::elementwise("mul", {tutti::elementwise("exp", {y}), sum})})};
  }
  return {softmax_gradient(y, dy)};
}

std::vector<Value> SoftmaxOp::composite(std::span<const Value> inputs) const {
  const Value shifted = tutti::elementwise("sub", {inputs[0], reduce_max(inputs[0], {-1}, true)});
  const Value exponent = tutti::elementwise("exp", {shifted});
  const Value sum = reduce_sum(exponent, {-1}, true);
  if (logarithm_) return {tutti::elementwise("sub", {shifted, tutti::elementwise("log", {sum})})};
  return {tutti::elementwise("div", {exponent, sum})};
}

Value softmax_gradient(const Value& y, const Value& dy) {
  const Value weighted = elementwise("mul", {dy, y});
  return elementwise("sub", {weighted, elementwise("mul", {y, reduce_sum(weighted, {-1}, true)})});
}

Value softmax(const Value& value, int axis) { return softmax_along(value, axis, false); }
Value log_softmax(const Value& value, int axis) { return softmax_along(value, axis, true); }

}  // namespace tutti
