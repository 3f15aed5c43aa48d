// Elementwise ops as the graph sees them. Each op is one header in core/ops/elementwise/, from
// which CMake makes the CPU kernels, the CUDA source and this record; see core/ops/README.md.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/graph/op.h"

namespace tutti {

// The element types that an op is for: f32, f64, bf16, f16; also the integers; also bool; bool
// alone.
enum class ElementwiseTypes : uint8_t { floating, numeric, any, boolean };

struct ElementwiseInfo {
  const char* name = "";
  int arity = 1;
  ElementwiseTypes types = ElementwiseTypes::numeric;
  bool boolean_result = false;  // else the result has the arguments' dtype
  bool linear = false;          // exactly, in partial arguments: see Op::linear_in
  // d/d each argument from (arguments, result, d result); null if none flows.
  std::function<std::vector<Value>(const std::vector<Value>& arguments, const Value& result,
                                   const Value& result_gradient)>
      gradient;
};

const ElementwiseInfo& elementwise_info(const std::string& name);  // throws naming the op
std::vector<const ElementwiseInfo*> elementwise_ops();             // all, sorted by name
void register_elementwise(ElementwiseInfo info);
// What an instruction that casts has as its op: one argument of any dtype, the result in its own.
const ElementwiseInfo& cast_info();

class ElementwiseOp final : public Op {
 public:
  explicit ElementwiseOp(const ElementwiseInfo& info) : info_(&info) {}
  std::string_view name() const override { return info_->name; }
  // NumPy broadcasting; arguments share one dtype (the builder promotes), the first of three is
  // bool.
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  bool linear_in(size_t input, std::span<const ValueType> inputs) const override;
  const ElementwiseInfo* elementwise() const override { return info_; }

 private:
  const ElementwiseInfo* info_;
};

// The node for op(arguments): promotes dtypes, gives bare numbers the dtype of the others.
Value elementwise(const char* name, std::vector<Value> arguments);
// Sums a gradient over the axes along which a value of type `target` was broadcast to the
// gradient's shape. Over the rows of a row value that gives a partial.
Value unbroadcast(const Value& gradient, const ValueType& target);
// core/ops/cast.h; here because promotion casts.
Value cast(const Value& value, DType dtype);

}  // namespace tutti
