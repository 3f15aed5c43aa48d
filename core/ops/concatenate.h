// concatenate: values side by side along one axis that is not the rows; stack: along a new axis.
// Any dtype; linear if all are partial.
#pragma once

#include "core/graph/executable.h"

namespace tutti {

class ConcatenateOp final : public Op {
 public:
  explicit ConcatenateOp(int axis) : axis_(axis) {}
  std::string_view name() const override { return "concatenate"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  std::string parameters() const override { return std::to_string(axis_); }
  bool linear_in(size_t input, std::span<const ValueType> inputs) const override;
  int axis() const { return axis_; }

 private:
  int axis_;  // not negative
};

Value concatenate(const std::vector<Value>& values, int axis = -1);
Value stack(const std::vector<Value>& values, int axis = 0);
Tensor concatenate(const std::vector<Tensor>& tensors, int axis = -1);
Tensor stack(const std::vector<Tensor>& tensors, int axis = 0);

}  // namespace tutti
