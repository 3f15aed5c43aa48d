// take_in_rows(table [n, t, ...], indices [n, k...]) -> [n, k..., ...]: for each row entries of its
// own table, by index: pixels of an image, counts of a histogram. An index outside [0, t) gives
// NaN. Both of one kind, row or same.
//
// scatter_add_in_rows(updates [n, k..., ...], indices [n, k...]) -> [n, t, ...]: each row's updates
// added at their index, in ascending order; indices outside [0, t) are passed over. It is the
// gradient of the other, and the other is its own: of any order. A histogram is a scatter of ones.
#pragma once

#include "core/graph/executable.h"

namespace tutti {

class TakeInRowsOp final : public Op {
 public:
  std::string_view name() const override { return "take_in_rows"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
};

class ScatterAddInRowsOp final : public Op {
 public:
  explicit ScatterAddInRowsOp(int64_t extent) : extent_(extent) {}
  std::string_view name() const override { return "scatter_add_in_rows"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  std::string parameters() const override { return std::to_string(extent_); }

 private:
  int64_t extent_;
};

Value take_in_rows(const Value& table, const Value& indices);
Value scatter_add_in_rows(const Value& updates, const Value& indices, int64_t extent);

}  // namespace tutti
