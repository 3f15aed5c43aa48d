// pick and spread: elements of a row by their place in it, and the adjoint.
//
//   pick   x [n, ..], place [n, o..] -> [n, o..]       y[n, i] = x[n].flat[place[n, i]]
//   spread y [n, o..], place [n, o..] -> [n, shape..]  sums y[n, i] at each place, from +0, i
//   rising
//
// Places are int32; one below 0 is nowhere: pick gives 0, spread adds nothing. What is not in the
// row is the caller's to avoid.
#pragma once

#include "core/graph/executable.h"

namespace tutti {

class PickOp final : public Op {
 public:
  std::string_view name() const override { return "pick"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
};

class SpreadOp final : public Op {
 public:
  explicit SpreadOp(Shape row) : row_(std::move(row)) {}
  std::string_view name() const override { return "spread"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  std::string parameters() const override { return to_string(row_); }

 private:
  Shape row_;  // without axis 0
};

Value pick(const Value& x, const Value& place);
// `row`: the shape of a row of the result.
Value spread(const Value& y, const Value& place, const Shape& row);

}  // namespace tutti
