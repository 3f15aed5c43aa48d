// take(table [v, ...], indices [...]) -> [indices..., ...]: rows of a table that is same, by index.
// An index outside [0, v) gives NaN (-1 for integers). The gradient is a sum over the rows of the
// batch, scatter_add: partial if the indices are rows.
#pragma once

#include "core/graph/executable.h"

namespace tutti {

class TakeOp final : public Op {
 public:
  std::string_view name() const override { return "take"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  bool linear_in(size_t input, std::span<const ValueType> inputs) const override;
};

// (updates [indices..., ...], indices) -> [v, ...]: each update added at its index, in ascending
// order inside a shard, then in tree order. Indices outside [0, v) are passed over.
class ScatterAddOp final : public Op {
 public:
  explicit ScatterAddOp(int64_t extent) : extent_(extent) {}
  std::string_view name() const override { return "scatter_add"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  std::string parameters() const override { return std::to_string(extent_); }

 private:
  int64_t extent_;
};

Value take(const Value& table, const Value& indices);
Value scatter_add(const Value& updates, const Value& indices, int64_t extent);
inline Tensor take(const Tensor& table, const Tensor& indices) {
  return evaluate(take(Value(table), Value(indices)));
}

}  // namespace tutti
