#include "core/ops/transpose.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/ops/op_checks.h"

namespace tutti {

std::vector<ValueType> TransposeOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("transpose", inputs, 1);
  const ValueType& in = inputs[0];
  const size_t rank = permutation_.size();
  std::vector<bool> seen(rank, false);
  bool valid = static_cast<size_t>(in.shape.rank()) == rank;
  for (const int axis : permutation_) {
    valid =
        valid && axis >= 0 && static_cast<size_t>(axis) < rank && !seen[static_cast<size_t>(axis)];
    if (valid) seen[static_cast<size_t>(axis)] = true;
  }
  if (!valid)
    fail("transpose", "[{}] is no permutation of the axes of {}; name each axis once",
         fmt::join(permutation_, ", "), to_string(in.shape));
  if (in.kind == ValueKind::row && permutation_[0] != 0)
    fail("transpose",
         "[{}] moves the rows of {}; keep axis 0 in its place, or use gather_rows first",
         fmt::join(permutation_, ", "), to_string(in.shape));
  std::vector<int64_t> dims;
  for (const int axis : permutation_) dims.push_back(in.shape[axis]);
  return {{in.dtype, Shape(std::move(dims)), in.kind}};
}

std::vector<Value> TransposeOp::gradient(const std::shared_ptr<Node>&,
                                         std::span<const Value> output_gradients) const {
  if (!output_gradients[0].defined()) return {Value()};
  std::vector<int> inverse(permutation_.size());
  for (size_t i = 0; i < inverse.size(); ++i)
    inverse[static_cast<size_t>(permutation_[i])] = static_cast<int>(i);
  return {transpose(output_gradients[0], std::move(inverse))};
}

std::string TransposeOp::parameters() const {
  return fmt::format("permutation=[{}]", fmt::join(permutation_, ","));
}

Value transpose(const Value& value, std::vector<int> permutation) {
  const int rank = value.shape().rank();
  if (permutation.empty())
    for (int axis = rank; axis-- > 0;) permutation.push_back(axis);
  bool identity = static_cast<int>(permutation.size()) == rank;
  for (size_t i = 0; i < permutation.size(); ++i)
    identity = identity && permutation[i] == static_cast<int>(i);
  if (identity) return value;
  return make_node(std::make_shared<TransposeOp>(std::move(permutation)), {value});
}

}  // namespace tutti
