// broadcast_to: a value repeated along axes of 1 and along new leading axes, as NumPy does. A shape
// that begins with kRows makes a row value of a same value. Any dtype; linear while no rows are
// added.
#pragma once

#include "core/graph/executable.h"

namespace tutti {

class BroadcastToOp final : public Op {
 public:
  explicit BroadcastToOp(Shape shape, ValueKind rows = ValueKind::row)
      : shape_(std::move(shape)), rows_(rows) {}
  std::string_view name() const override { return "broadcast_to"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  std::string parameters() const override { return to_string(shape_) + " " + name_of(rows_); }
  bool linear_in(size_t, std::span<const ValueType>) const override { return !shape_.has_rows(); }

 private:
  Shape shape_;
  ValueKind rows_;
};

Value broadcast_to(const Value& value, const Shape& shape, ValueKind rows = ValueKind::row);
inline Tensor broadcast_to(const Tensor& tensor, const Shape& shape) {
  return evaluate(broadcast_to(Value(tensor), shape));
}

}  // namespace tutti
