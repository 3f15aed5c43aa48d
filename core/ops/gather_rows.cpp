#include "core/ops/gather_rows.h"

#include "core/base/error.h"
#include "core/ops/op_checks.h"

namespace tutti {
namespace {

Shape as_rows(const Shape& shape) {
  std::vector<int64_t> dims = shape.dims();
  dims[0] = kRows;
  return Shape(std::move(dims));
}

}  // namespace

std::vector<ValueType> GatherRowsOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("gather_rows", inputs, 1);
  require_kind("gather_rows", inputs[0], ValueKind::row, "other values are on all ranks already");
  return {{inputs[0].dtype, inputs[0].shape, ValueKind::same}};
}

std::vector<Value> GatherRowsOp::gradient(const std::shared_ptr<Node>&,
                                          std::span<const Value> output_gradients) const {
  if (!output_gradients[0].defined()) return {Value()};
  return {own_rows(output_gradients[0])};
}

std::vector<ValueType> OwnRowsOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("own_rows", inputs, 1);
  require_kind("own_rows", inputs[0], ValueKind::same, "make one with gather_rows");
  if (inputs[0].shape.rank() == 0)
    fail("own_rows", "{} has no rows of a batch; make one that has with gather_rows",
         to_string(inputs[0]));
  return {{inputs[0].dtype, as_rows(inputs[0].shape), ValueKind::row}};
}

std::vector<Value> OwnRowsOp::gradient(const std::shared_ptr<Node>& node,
                                       std::span<const Value> output_gradients) const {
  if (!output_gradients[0].defined() || !node->inputs[0].shape().has_rows()) return {Value()};
  return {gather_rows(output_gradients[0])};
}

std::vector<ValueType> WithRowsOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("with_rows", inputs, 2);
  const ValueType &state = inputs[0], &rows = inputs[1];
  require_kind("with_rows", state, ValueKind::same, "keep state on all ranks");
  require_kind("with_rows", rows, ValueKind::same, "make it with gather_rows");
  if (state.shape.rank() == 0 || state.dtype != rows.dtype || as_rows(state.shape) != rows.shape)
    fail("with_rows", "rows {} do not fit the state {}; use rows of its shape and type",
         to_string(rows), to_string(state));
  return {state};
}

Value gather_rows(const Value& value) {
  return make_node(std::make_shared<GatherRowsOp>(), {value});
}
Value own_rows(const Value& value) { return make_node(std::make_shared<OwnRowsOp>(), {value}); }
Value with_rows(const Value& state, const Value& rows) {
  return make_node(std::make_shared<WithRowsOp>(), {state, rows});
}

}  // namespace tutti
