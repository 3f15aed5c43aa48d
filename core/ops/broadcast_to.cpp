#include "core/ops/broadcast_to.h"

#include "core/base/error.h"
#include "core/graph/elementwise.h"
#include "core/ops/op_checks.h"

namespace tutti {

std::vector<ValueType> BroadcastToOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("broadcast_to", inputs, 1);
  const ValueType& in = inputs[0];
  const int added = shape_.rank() - in.shape.rank();
  bool fits = added >= 0;
  for (int axis = 0; fits && axis < in.shape.rank(); ++axis)
    fits = in.shape[axis] == 1 || in.shape[axis] == shape_[axis + added];
  if (!fits)
    fail("broadcast_to", "cannot repeat {} to {}; axes must be equal or 1, counted from the last",
         to_string(in.shape), to_string(shape_));
  if (in.kind == ValueKind::row && (added != 0 || !shape_.has_rows()))
    fail("broadcast_to", "cannot repeat {} to {}; the rows must stay axis 0", to_string(in.shape),
         to_string(shape_));
  return {{in.dtype, shape_, shape_.has_rows() ? rows_ : in.kind}};
}

std::vector<Value> BroadcastToOp::gradient(const std::shared_ptr<Node>& node,
                                           std::span<const Value> output_gradients) const {
  if (!output_gradients[0].defined()) return {Value()};
  return {unbroadcast(output_gradients[0], node->inputs[0].type())};
}

Value broadcast_to(const Value& value, const Shape& shape, ValueKind rows) {
  if (value.shape() == shape) return value;
  return make_node(std::make_shared<BroadcastToOp>(shape, rows), {value});
}

}  // namespace tutti
