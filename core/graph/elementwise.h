// Elementwise ops as the graph sees them. Each op is one header in core/ops/elementwise/, from which
// CMake makes the CPU kernels, the CUDA source and this record; see core/ops/README.md.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/graph/op.h"

namespace tutti {

enum class ElementwiseResult : uint8_t { same, boolean };  // the result's dtype against the inputs'

struct ElementwiseInfo {
  const char* name = "";
  int arity = 1;
  bool floating_only = false;  // integers are an error ("[exp] takes floating values")
  ElementwiseResult result = ElementwiseResult::same;
  bool linear = false;         // in each argument that is partial, if the others are not (neg, add, ...)
  // d/d each argument from (arguments, result, d result); null if not differentiable.
  std::function<std::vector<Value>(const std::vector<Value>& arguments, const Value& result,
                                   const Value& result_gradient)> gradient;
};

const ElementwiseInfo& elementwise_info(const std::string& name);  // throws naming the op
void register_elementwise(ElementwiseInfo info);

class ElementwiseOp final : public Op {
 public:
  explicit ElementwiseOp(const ElementwiseInfo& info) : info_(&info) {}
  std::string_view name() const override { return info_->name; }
  // NumPy broadcasting; arguments share one dtype (the builder promotes), `select`'s first is bool.
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::vector<Value> gradient(const std::shared_ptr<Node>& node,
                              std::span<const Value> output_gradients) const override;
  bool linear_in(size_t input, std::span<const ValueType> inputs) const override;
  const ElementwiseInfo& info() const { return *info_; }

 private:
  const ElementwiseInfo* info_;
};

// The node for op(arguments): promotes dtypes, gives bare numbers the dtype of the others.
Value elementwise(const char* name, std::vector<Value> arguments);
// Sums a gradient over the axes along which its value was broadcast to `shape_of_gradient`.
Value unbroadcast(const Value& gradient, const ValueType& target);

}  // namespace tutti
