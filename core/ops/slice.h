// slice: elements [begin, end) of each axis; the rows of a row value are taken whole. Any dtype;
// linear.
#pragma once

#include "core/graph/executable.h"

namespace tutti {

class SliceOp final : public Op {
 public:
  // One begin and end per axis; an axis that is taken whole has {0, its extent} ({0, kRows} for
  // rows).
  SliceOp(std::vector<int64_t> begin, std::vector<int64_t> end)
      : begin_(std::move(begin)), end_(std::move(end)) {}
  std::string_view name() const override { return "slice"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  std::string parameters() const override;
  bool linear_in(size_t, std::span<const ValueType>) const override { return true; }
  const std::vector<int64_t>& begin() const { return begin_; }
  const std::vector<int64_t>& end() const { return end_; }

 private:
  std::vector<int64_t> begin_, end_;
};

Value slice(const Value& value, const std::vector<int64_t>& begin, const std::vector<int64_t>& end);
Value slice(const Value& value, int axis, int64_t begin, int64_t end);  // other axes whole
// Pieces of the given extents along an axis, or `pieces` equal ones.
std::vector<Value> split(const Value& value, const std::vector<int64_t>& extents, int axis = -1);
std::vector<Value> split(const Value& value, int pieces, int axis = -1);

inline Tensor slice(const Tensor& tensor, int axis, int64_t begin, int64_t end) {
  return evaluate(slice(Value(tensor), axis, begin, end));
}
inline std::vector<Tensor> split(const Tensor& tensor, int pieces, int axis = -1) {
  return evaluate(split(Value(tensor), pieces, axis));
}

}  // namespace tutti
