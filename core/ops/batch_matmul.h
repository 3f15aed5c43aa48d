// batch_matmul: one product for each place of the leading axes, which both sides share.
//
//   a [.., m, k] x b [.., k, n] -> [.., m, n]      transpose_a: a is [.., k, m]
//   one kind, row or same; 3 axes or more          transpose_b: b is [.., n, k]
#pragma once

#include "core/graph/executable.h"

namespace tutti {

class BatchMatmulOp final : public Op {
 public:
  BatchMatmulOp(bool transpose_a, bool transpose_b)
      : transpose_a_(transpose_a), transpose_b_(transpose_b) {}
  std::string_view name() const override { return "batch_matmul"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  std::string parameters() const override;
  bool transpose_a() const { return transpose_a_; }
  bool transpose_b() const { return transpose_b_; }

 private:
  bool transpose_a_, transpose_b_;
};

Value batch_matmul(const Value& a, const Value& b, bool transpose_a = false,
                   bool transpose_b = false);
inline Tensor batch_matmul(const Tensor& a, const Tensor& b, bool transpose_a = false,
                           bool transpose_b = false) {
  return evaluate(batch_matmul(Value(a), Value(b), transpose_a, transpose_b));
}

}  // namespace tutti
