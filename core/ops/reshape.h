// reshape and its short forms: the same elements in another shape. Axis 0 of a row value stays the
// rows. Any dtype; linear.
#pragma once

#include "core/graph/executable.h"

namespace tutti {

class ReshapeOp final : public Op {
 public:
  explicit ReshapeOp(Shape shape) : shape_(std::move(shape)) {}
  std::string_view name() const override { return "reshape"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  std::string parameters() const override { return to_string(shape_); }
  bool linear_in(size_t, std::span<const ValueType>) const override { return true; }
  bool view() const override { return true; }

 private:
  Shape shape_;
};

// For a row value the shape begins with kRows.
Value reshape(const Value& value, const Shape& shape);
// [rows, ...] -> [rows, elements per row]; without rows: one axis.
Value flatten(const Value& value);
Value expand_dims(const Value& value, int axis);  // an axis of 1 at `axis` of the result
Value squeeze(const Value& value, int axis);      // without an axis of 1

inline Tensor reshape(const Tensor& tensor, const Shape& shape) { return tensor.reshape(shape); }
inline Tensor flatten(const Tensor& tensor) { return tensor.reshape({tensor.elements()}); }
Tensor expand_dims(const Tensor& tensor, int axis);
Tensor squeeze(const Tensor& tensor, int axis);

}  // namespace tutti
