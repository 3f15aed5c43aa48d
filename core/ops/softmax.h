// softmax and log_softmax along the last axis; another axis is moved there and back.
#pragma once

#include "core/graph/executable.h"

namespace tutti {

class SoftmaxOp final : public Op {
 public:
  explicit SoftmaxOp(bool logarithm) : logarithm_(logarithm) {}
  std::string_view name() const override { return logarithm_ ? "log_softmax" : "softmax"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  std::vector<Value> composite(std::span<const Value> inputs) const override;

 private:
  bool logarithm_;
};

Value softmax(const Value& value, int axis = -1);
Value log_softmax(const Value& value, int axis = -1);
// d softmax's argument from its result y along the last axis and dy: y (dy - the sum of dy y).
Value softmax_gradient(const Value& y, const Value& dy);
inline Tensor softmax(const Tensor& tensor, int axis = -1) {
  return evaluate(softmax(Value(tensor), axis));
}
inline Tensor log_softmax(const Tensor& tensor, int axis = -1) {
  return evaluate(log_softmax(Value(tensor), axis));
}

}  // namespace tutti
