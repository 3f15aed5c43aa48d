#include "core/ops/take_along.h"

#include "core/base/error.h"
#include "core/graph/elementwise.h"
#include "core/ops/cast.h"
#include "core/ops/one_hot.h"
#include "core/ops/op_checks.h"
#include "core/ops/reshape.h"

namespace tutti {

std::vector<ValueType> TakeAlongOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("take_along", inputs, 2);
  const ValueType &value = inputs[0], &index = inputs[1];
  require_floating("take_along", value);
  std::vector<int64_t> dims = value.shape.dims();
  if (!dims.empty()) dims.pop_back();
  if (value.shape.rank() < 1 || index.shape.dims() != dims || index.kind != value.kind ||
      index.dtype != DType::i64)
    fail("take_along", "index {} does not fit {}; it has the value's shape without the last axis",
         to_string(index), to_string(value));
  return {{value.dtype, index.shape, value.kind}};
}

std::vector<Value> TakeAlongOp::gradient(const std::shared_ptr<Node>& node,
                                         std::span<const Value> output_gradients) const {
  if (!output_gradients[0].defined()) return {Value(), Value()};
  const Value &value = node->inputs[0], &index = node->inputs[1];
  const Value chosen = cast(one_hot(index, value.shape()[-1]), value.dtype());
  return {tutti::elementwise("mul", {chosen, expand_dims(output_gradients[0], -1)}), Value()};
}

Value take_along(const Value& value, const Value& index) {
  require_integer("take_along", index.type());
  return make_node(std::make_shared<TakeAlongOp>(), {value, cast(index, DType::i64)});
}

}  // namespace tutti
