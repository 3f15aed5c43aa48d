#include "core/ops/cast.h"

#include "core/ops/op_checks.h"

namespace tutti {

std::vector<ValueType> CastOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("cast", inputs, 1);
  return {{dtype_, inputs[0].shape, inputs[0].kind}};
}

std::vector<Value> CastOp::gradient(const std::shared_ptr<Node>& node,
                                    std::span<const Value> output_gradients) const {
  const DType from = node->inputs[0].dtype();
  if (!output_gradients[0].defined() || !is_floating(from) || !is_floating(dtype_))
    return {Value()};
  return {cast(output_gradients[0], from)};
}

Value cast(const Value& value, DType dtype) {
  if (value.dtype() == dtype) return value;
  return make_node(std::make_shared<CastOp>(dtype), {value});
}

}  // namespace tutti
