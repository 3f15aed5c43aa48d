// transpose: axes in another order. Rows stay axis 0. Any dtype; linear.
#pragma once

#include "core/graph/executable.h"

namespace tutti {

class TransposeOp final : public Op {
 public:
  explicit TransposeOp(std::vector<int> permutation) : permutation_(std::move(permutation)) {}
  std::string_view name() const override { return "transpose"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  std::string parameters() const override;
  bool linear_in(size_t, std::span<const ValueType>) const override { return true; }
  const std::vector<int>& permutation() const { return permutation_; }  // output axis -> input axis

 private:
  std::vector<int> permutation_;
};

// An empty permutation reverses the axes.
Value transpose(const Value& value, std::vector<int> permutation = {});
inline Tensor transpose(const Tensor& tensor, std::vector<int> permutation = {}) {
  return evaluate(transpose(Value(tensor), std::move(permutation)));
}

}  // namespace tutti
