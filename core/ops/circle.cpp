#include "core/ops/circle.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/ops/op_checks.h"

namespace tutti {
namespace {

void require_pairs(const char* op, std::span<const ValueType> inputs) {
  require_floating(op, inputs[0]);
  require_kind(op, inputs[0], ValueKind::same, "use gather_rows on the embeddings");
  require_kind(op, inputs[1], ValueKind::same, "use gather_rows on the labels");
  if (inputs[0].shape.rank() != 2 || inputs[1].dtype != DType::i64 ||
      inputs[1].shape != Shape{inputs[0].shape[0]})
    fail(op, "takes embeddings (n, d) and int64 labels (n,), got {} and {}; flatten them",
         to_string(inputs[0].shape), to_string(inputs[1].shape));
}

}  // namespace

std::string CirclePairs::parameters() const {
  return fmt::format("gamma={} margin={} remove_diagonal={}", gamma, margin, remove_diagonal);
}

std::vector<ValueType> CircleOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("circle", inputs, 2);
  require_pairs("circle", inputs);
  return {{inputs[0].dtype, inputs[1].shape, ValueKind::same}};
}

std::vector<Value> CircleOp::gradient(const std::shared_ptr<Node>& node,
                                      std::span<const Value> output_gradients) const {
  if (!output_gradients[0].defined()) return {Value(), Value()};
  return {make_node(std::make_shared<CircleGradientOp>(pairs_),
                    {node->inputs[0], node->inputs[1], output_gradients[0]}),
          Value()};
}

std::vector<ValueType> CircleGradientOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("circle_gradient", inputs, 3);
  require_pairs("circle_gradient", inputs);
  if (inputs[2].shape != inputs[1].shape || inputs[2].dtype != inputs[0].dtype)
    fail("circle_gradient", "takes a gradient of {}, got {}; pass that of circle",
         to_string(inputs[1].shape), to_string(inputs[2]));
  return {inputs[0]};
}

std::vector<Value> CircleGradientOp::gradient(const std::shared_ptr<Node>&,
                                              std::span<const Value>) const {
  fail("circle_gradient", "has no gradient; take the first of a circle loss alone");
}

Value circle(const Value& embeddings, const Value& labels, const CirclePairs& pairs) {
  return make_node(std::make_shared<CircleOp>(pairs), {embeddings, labels});
}

}  // namespace tutti
