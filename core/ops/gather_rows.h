// gather_rows(row value) -> the rows of all ranks, in order, same on all ranks: the way to mix
// rows. Its axis 0 is kRows too, bound to the global batch. own_rows is its inverse and its
// gradient. State that is kept for each row of a batch has a fixed number of rows, of which a batch
// uses the first: own_rows takes it too, and with_rows(state, rows of a batch) puts them in their
// place. No gradient flows from batch to batch.
#pragma once

#include "core/graph/op.h"

namespace tutti {

class GatherRowsOp final : public Op {
 public:
  std::string_view name() const override { return "gather_rows"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  bool collective() const override { return true; }
};

class OwnRowsOp final : public Op {
 public:
  std::string_view name() const override { return "own_rows"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
};

class WithRowsOp final : public Op {
 public:
  std::string_view name() const override { return "with_rows"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>&, std::span<const Value>) const override {
    return {Value(), Value()};
  }
};

Value gather_rows(const Value& value);
Value own_rows(const Value& value);
Value with_rows(const Value& state,
                const Value& rows);  // state [B, ..], rows [kRows, ..], both same

}  // namespace tutti
