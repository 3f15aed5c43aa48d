// take_along(value [..., n], index [...]) -> [...]: the element of each row of the last axis at its
// index; NaN where the index is outside [0, n).
#pragma once

#include "core/graph/executable.h"

namespace tutti {

class TakeAlongOp final : public Op {
 public:
  std::string_view name() const override { return "take_along"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
};

Value take_along(const Value& value, const Value& index);
inline Tensor take_along(const Tensor& tensor, const Tensor& index) {
  return evaluate(take_along(Value(tensor), Value(index)));
}

}  // namespace tutti
