// matmul: the product of two matrices, each transposed or not.
//
//   a [..., k] x b [k, n] -> [..., n]     leading axes of a are rows of one matrix
//   transpose_b: b is [n, k]
//   transpose_a: a [..., k], b [..., n] -> [k, n], summed over all leading axes
//
// Kinds: row x same -> row; row^T row -> partial (the sum over rows); same x same -> same; partial
// x same and same x partial -> partial. Both transposed: built as the transpose of the swapped
// product.
#pragma once

#include <memory>

#include "core/graph/executable.h"
#include "core/graph/program.h"

namespace tutti {

class MatmulOp final : public Op {
 public:
  // The epilogue, if any, sees the product as its input 0; its further non-immediate inputs are
  // further inputs of the node, its outputs the node's outputs.
  MatmulOp(bool transpose_a, bool transpose_b, std::shared_ptr<const Program> epilogue = nullptr)
      : transpose_a_(transpose_a), transpose_b_(transpose_b), epilogue_(std::move(epilogue)) {}
  std::string_view name() const override { return "matmul"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  // Sums over the rows of several products are one sum over the rows of all.
  Value sum_of(std::span<const Value> terms) const override;
  std::string parameters() const override;
  std::vector<Value> composite(std::span<const Value> inputs) const override;
  std::shared_ptr<const Op> with_epilogue(std::shared_ptr<const Program> epilogue) const override;

  bool transpose_a() const { return transpose_a_; }
  bool transpose_b() const { return transpose_b_; }
  const std::shared_ptr<const Program>& epilogue() const { return epilogue_; }

 private:
  ValueType infer_product(const ValueType& a, const ValueType& b) const;

  bool transpose_a_, transpose_b_;
  std::shared_ptr<const Program> epilogue_;
};

Value matmul(const Value& a, const Value& b, bool transpose_a = false, bool transpose_b = false);
inline Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a = false,
                     bool transpose_b = false) {
  return evaluate(matmul(Value(a), Value(b), transpose_a, transpose_b));
}

}  // namespace tutti
