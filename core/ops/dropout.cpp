#include "core/ops/dropout.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/ops/op_checks.h"

namespace tutti {

DropoutOp::DropoutOp(double rate, std::optional<uint64_t> seed) : RandomOp(seed), rate_(rate) {
  if (!(rate >= 0 && rate < 1))
    fail("dropout", "rate {} is not a probability of dropping; use one in [0, 1)", rate);
}

std::vector<ValueType> DropoutOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("dropout", inputs, 1);
  require_floating("dropout", inputs[0]);
  if (inputs[0].shape.rank() == 0)
    fail("dropout", "takes one axis or more, got the scalar {}; reshape it to (1,)",
         to_string(inputs[0]));
  return {inputs[0]};
}

std::vector<Value> DropoutOp::gradient(const std::shared_ptr<Node>& node,
                                       std::span<const Value> output_gradients) const {
  if (!output_gradients[0].defined()) return {Value()};
  return {make_node(node->op, {output_gradients[0]})};
}

std::string DropoutOp::parameters() const {
  const std::string own = seed() ? fmt::format("seed={} ", *seed()) : "";
  return fmt::format("rate={} {}call_site={}", rate_, own, call_site());
}

Value dropout(const Value& value, double rate, std::optional<uint64_t> seed) {
  auto op = std::make_shared<DropoutOp>(rate, seed);
  return rate == 0 ? value : make_node(std::move(op), {value});
}

}  // namespace tutti
