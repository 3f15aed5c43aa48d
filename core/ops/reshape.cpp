#include "core/ops/reshape.h"

#include "core/base/error.h"
#include "core/ops/op_checks.h"

namespace tutti {
namespace {

Shape expanded_shape(const Shape& shape, int axis, bool rows) {
  const int at = normalize_axis(axis, shape.rank() + 1, "expand_dims");
  if (rows && at == 0)
    fail("expand_dims", "axis 0 of {} is the rows; add the new axis after it", to_string(shape));
  std::vector<int64_t> dims = shape.dims();
  dims.insert(dims.begin() + at, 1);
  return Shape(std::move(dims));
}

Shape squeezed_shape(const Shape& shape, int axis) {
  const int at = normalize_axis(axis, shape.rank(), "squeeze");
  if (shape[at] != 1)
    fail("squeeze", "axis {} of {} has not extent 1; name one that has", axis, to_string(shape));
  std::vector<int64_t> dims = shape.dims();
  dims.erase(dims.begin() + at);
  return Shape(std::move(dims));
}

}  // namespace

std::vector<ValueType> ReshapeOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("reshape", inputs, 1);
  const ValueType& in = inputs[0];
  if (in.shape.has_rows() != shape_.has_rows())
    fail("reshape", "cannot give {} the shape {}; rows stay axis 0 and are nowhere else",
         to_string(in.shape), to_string(shape_));
  if (elements_with_one_row(in.shape) != elements_with_one_row(shape_))
    fail("reshape", "cannot give {} the shape {}; both must have the same number of elements",
         to_string(in.shape), to_string(shape_));
  return {{in.dtype, shape_, in.kind}};
}

std::vector<Value> ReshapeOp::gradient(const std::shared_ptr<Node>& node,
                                       std::span<const Value> output_gradients) const {
  if (!output_gradients[0].defined()) return {Value()};
  return {reshape(output_gradients[0], node->inputs[0].shape())};
}

Value reshape(const Value& value, const Shape& shape) {
  if (value.shape() == shape) return value;
  return make_node(std::make_shared<ReshapeOp>(shape), {value});
}

Value flatten(const Value& value) {
  const Shape& shape = value.shape();
  if (shape.has_rows()) return reshape(value, {kRows, shape.elements_per_row()});
  return reshape(value, {shape.elements()});
}

Value expand_dims(const Value& value, int axis) {
  return reshape(value, expanded_shape(value.shape(), axis, value.kind() == ValueKind::row));
}
Value squeeze(const Value& value, int axis) {
  return reshape(value, squeezed_shape(value.shape(), axis));
}

Tensor expand_dims(const Tensor& tensor, int axis) {
  return tensor.reshape(expanded_shape(tensor.shape(), axis, false));
}
Tensor squeeze(const Tensor& tensor, int axis) {
  return tensor.reshape(squeezed_shape(tensor.shape(), axis));
}

}  // namespace tutti
