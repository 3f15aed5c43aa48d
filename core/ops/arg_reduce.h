// argmax and argmin along an axis: int64, the first of equals; a NaN counts as both extremes.
#pragma once

#include "core/graph/executable.h"

namespace tutti {

class ArgReduceOp final : public Op {
 public:
  explicit ArgReduceOp(bool largest) : largest_(largest) {}
  std::string_view name() const override { return largest_ ? "argmax" : "argmin"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>&, std::span<const Value>) const override {
    return {Value()};
  }

 private:
  bool largest_;
};

Value argmax(const Value& value, int axis = -1);
Value argmin(const Value& value, int axis = -1);
inline Tensor argmax(const Tensor& tensor, int axis = -1) {
  return evaluate(argmax(Value(tensor), axis));
}
inline Tensor argmin(const Tensor& tensor, int axis = -1) {
  return evaluate(argmin(Value(tensor), axis));
}

}  // namespace tutti
