// cast: the same numbers in another dtype. To an integer: towards zero; to bool: not zero. Linear
// between floating types, and has a gradient between them.
#pragma once

#include "core/graph/elementwise.h"
#include "core/graph/executable.h"

namespace tutti {

class CastOp final : public Op {
 public:
  explicit CastOp(DType dtype) : dtype_(dtype) {}
  std::string_view name() const override { return "cast"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  std::string parameters() const override { return std::string(name_of(dtype_)); }
  const ElementwiseInfo* elementwise() const override { return &cast_info(); }

 private:
  DType dtype_;
};

Value cast(const Value& value, DType dtype);
inline Tensor cast(const Tensor& tensor, DType dtype) { return tensor.to(dtype); }

}  // namespace tutti
