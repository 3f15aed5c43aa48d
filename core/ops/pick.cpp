#include "core/ops/pick.h"

#include "core/base/error.h"
#include "core/ops/op_checks.h"

namespace tutti {
namespace {

void check_places(const char* where, const ValueType& value, const ValueType& place) {
  require_floating(where, value);
  if (value.kind == ValueKind::partial || value.kind != place.kind || value.shape.rank() < 1 ||
      place.shape.rank() < 1 || value.shape[0] != place.shape[0] || place.dtype != DType::i32)
    fail(where, "places {} do not fit {}; use int32 places of as many rows", to_string(place),
         to_string(value));
}

}  // namespace

std::vector<ValueType> PickOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("pick", inputs, 2);
  check_places("pick", inputs[0], inputs[1]);
  return {{inputs[0].dtype, inputs[1].shape, inputs[0].kind}};
}

std::vector<Value> PickOp::gradient(const std::shared_ptr<Node>& node,
                                    std::span<const Value> output_gradients) const {
  if (!output_gradients[0].defined()) return {Value(), Value()};
  return {spread(output_gradients[0], node->inputs[1], node->inputs[0].shape().tail()), Value()};
}

std::vector<ValueType> SpreadOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("spread", inputs, 2);
  check_places("spread", inputs[0], inputs[1]);
  if (inputs[0].shape != inputs[1].shape)
    fail("spread", "values {} and places {} differ; give each value one place",
         to_string(inputs[0]), to_string(inputs[1]));
  return {{inputs[0].dtype, row_.stacked(inputs[0].shape[0]), inputs[0].kind}};
}

std::vector<Value> SpreadOp::gradient(const std::shared_ptr<Node>& node,
                                      std::span<const Value> output_gradients) const {
  if (!output_gradients[0].defined()) return {Value(), Value()};
  return {pick(output_gradients[0], node->inputs[1]), Value()};
}

Value pick(const Value& x, const Value& place) {
  return make_node(std::make_shared<PickOp>(), {x, place});
}
Value spread(const Value& y, const Value& place, const Shape& row) {
  return make_node(std::make_shared<SpreadOp>(row), {y, place});
}

}  // namespace tutti
