// reduce_sum, reduce_mean, reduce_max, reduce_min over axes (none named: all).
//
// A sum over the rows of a row value is a partial; a mean over rows divides the sum over all ranks
// by the global row count and is same. Largest and smallest over rows need gather_rows first.
// Negative axes count from the end; keepdims leaves extents of 1. The gradient of a maximum is
// shared equally by the elements that reach it.
#pragma once

#include "core/graph/executable.h"

namespace tutti {

enum class Reduction : uint8_t { sum, max, min };

// Removes axes [begin, end) of one value; axis 0 of a row value only alone. What builders chain.
class ReduceOp final : public Op {
 public:
  ReduceOp(Reduction reduction, int begin, int end)
      : reduction_(reduction), begin_(begin), end_(end) {}
  std::string_view name() const override;
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  // Sums over the rows of several values are the sum over the rows of their sum.
  Value sum_of(std::span<const Value> terms) const override;
  std::string parameters() const override;
  Reduction reduction() const { return reduction_; }
  int begin() const { return begin_; }
  int end() const { return end_; }

 private:
  Reduction reduction_;
  int begin_, end_;
};

Value reduce_sum(const Value& value, std::vector<int> axes = {}, bool keepdims = false);
Value reduce_mean(const Value& value, std::vector<int> axes = {}, bool keepdims = false);
Value reduce_max(const Value& value, std::vector<int> axes = {}, bool keepdims = false);
Value reduce_min(const Value& value, std::vector<int> axes = {}, bool keepdims = false);

inline Tensor reduce_sum(const Tensor& t, std::vector<int> axes = {}, bool keepdims = false) {
  return evaluate(reduce_sum(Value(t), std::move(axes), keepdims));
}
inline Tensor reduce_mean(const Tensor& t, std::vector<int> axes = {}, bool keepdims = false) {
  return evaluate(reduce_mean(Value(t), std::move(axes), keepdims));
}
inline Tensor reduce_max(const Tensor& t, std::vector<int> axes = {}, bool keepdims = false) {
  return evaluate(reduce_max(Value(t), std::move(axes), keepdims));
}
inline Tensor reduce_min(const Tensor& t, std::vector<int> axes = {}, bool keepdims = false) {
  return evaluate(reduce_min(Value(t), std::move(axes), keepdims));
}

}  // namespace tutti
