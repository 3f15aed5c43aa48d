// softmax_cross_entropy(logits [..., n], target): the loss of each row of logits, [...].
//
// Sparse: target is int64 [...], a label in [0, n) each; a label outside gives NaN, so that wrong
// data shows (data is checked before training, see check_class_labels). Dense: target has the
// logits' shape and dtype and holds weights of the classes; loss = sum of target (log sum
// exp(logits) - logits).
#pragma once

#include "core/graph/executable.h"

namespace tutti {

// Outputs: the loss, and softmax(logits), which the gradient op reads: the logits need not be kept.
class SoftmaxCrossEntropyOp final : public Op {
 public:
  std::string_view name() const override { return "softmax_cross_entropy"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  std::vector<Value> composite(std::span<const Value> inputs) const override;
};

// (softmax, target, dy) -> d logits = (softmax times the target's sum - target) dy.
class SoftmaxCrossEntropyGradientOp final : public Op {
 public:
  std::string_view name() const override { return "softmax_cross_entropy_gradient"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  std::vector<Value> composite(std::span<const Value> inputs) const override;
};

Value softmax_cross_entropy(const Value& logits, const Value& target);
inline Tensor softmax_cross_entropy(const Tensor& logits, const Tensor& target) {
  return evaluate(softmax_cross_entropy(Value(logits), Value(target)));
}

}  // namespace tutti
