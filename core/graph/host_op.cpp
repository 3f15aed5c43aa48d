#include "core/graph/host_op.h"

#include "core/graph/builtin_ops.h"

namespace tutti {

Value on_host(std::shared_ptr<const HostOp> op, const std::vector<Value>& inputs) {
  std::vector<Tensor> constants;
  for (const auto& input : inputs)
    if (const Tensor* constant = constant_of(input)) constants.push_back(constant->to_host());
  if (constants.size() < inputs.size()) return make_node(std::move(op), inputs);
  std::vector<ValueType> types;
  for (const auto& input : inputs) types.push_back(input.type());
  const ValueType type = op->infer(types).at(0);
  const Tensor output = Tensor::empty(type.shape, type.dtype);
  op->compute(constants, output);
  return Value(output.dtype() == DType::string ? output.clone() : output);
}

}  // namespace tutti
