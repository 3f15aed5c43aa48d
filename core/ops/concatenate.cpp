#include "core/ops/concatenate.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/ops/op_checks.h"
#include "core/ops/reshape.h"
#include "core/ops/slice.h"

namespace tutti {
namespace {

std::vector<Value> as_values(const std::vector<Tensor>& tensors) {
  return {tensors.begin(), tensors.end()};
}

}  // namespace

std::vector<ValueType> ConcatenateOp::infer(std::span<const ValueType> inputs) const {
  if (inputs.empty()) fail("concatenate", "got no values; give one or more");
  const ValueType& first = inputs[0];
  if (axis_ < 0 || axis_ >= first.shape.rank())
    fail("concatenate", "axis {} is outside {}; use 0 to {}", axis_, to_string(first.shape),
         first.shape.rank() - 1);
  if (first.kind == ValueKind::row && axis_ == 0)
    fail("concatenate", "axis 0 of {} is the rows; name another axis", to_string(first.shape));
  std::vector<int64_t> dims = first.shape.dims();
  const auto axis = static_cast<size_t>(axis_);
  dims[axis] = 0;
  for (const auto& input : inputs) {
    std::vector<int64_t> other = input.shape.dims();
    if (other.size() == dims.size()) {
      dims[axis] += other[axis];
      other[axis] = dims[axis];
    }
    if (other != dims || input.dtype != first.dtype || input.kind != first.kind)
      fail("concatenate", "{} and {} do not fit along axis {}; all but that axis must be equal",
           to_string(first), to_string(input), axis_);
  }
  return {{first.dtype, Shape(std::move(dims)), first.kind}};
}

std::vector<Value> ConcatenateOp::gradient(const std::shared_ptr<Node>& node,
                                           std::span<const Value> output_gradients) const {
  std::vector<Value> results(node->inputs.size());
  if (!output_gradients[0].defined()) return results;
  int64_t begin = 0;
  for (size_t i = 0; i < results.size(); ++i) {
    const int64_t extent = node->inputs[i].shape()[axis_];
    results[i] = slice(output_gradients[0], axis_, begin, begin + extent);
    begin += extent;
  }
  return results;
}

bool ConcatenateOp::linear_in(size_t, std::span<const ValueType> inputs) const {
  return std::all_of(inputs.begin(), inputs.end(),
                     [](const auto& input) { return input.kind == ValueKind::partial; });
}

Value concatenate(const std::vector<Value>& values, int axis) {
  if (values.empty()) fail("concatenate", "got no values; give one or more");
  const int at = normalize_axis(axis, values[0].shape().rank(), "concatenate");
  return values.size() == 1 ? values[0] : make_node(std::make_shared<ConcatenateOp>(at), values);
}

Value stack(const std::vector<Value>& values, int axis) {
  if (values.empty()) fail("stack", "got no values; give one or more");
  const int at = normalize_axis(axis, values[0].shape().rank() + 1, "stack");
  std::vector<Value> expanded;
  for (const auto& value : values) expanded.push_back(expand_dims(value, at));
  return concatenate(expanded, at);
}

Tensor concatenate(const std::vector<Tensor>& tensors, int axis) {
  return evaluate(concatenate(as_values(tensors), axis));
}
Tensor stack(const std::vector<Tensor>& tensors, int axis) {
  return evaluate(stack(as_values(tensors), axis));
}

}  // namespace tutti
