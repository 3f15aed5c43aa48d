#include "core/ops/batch_matmul.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/ops/op_checks.h"

namespace tutti {

std::vector<ValueType> BatchMatmulOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("batch_matmul", inputs, 2);
  const ValueType &a = inputs[0], &b = inputs[1];
  require_floating("batch_matmul", a);
  const int rank = a.shape.rank();
  bool fits = rank >= 3 && b.shape.rank() == rank && a.dtype == b.dtype && a.kind == b.kind &&
              a.kind != ValueKind::partial;
  for (int axis = 0; fits && axis < rank - 2; ++axis) fits = a.shape[axis] == b.shape[axis];
  if (!fits || a.shape[transpose_a_ ? -2 : -1] != b.shape[transpose_b_ ? -1 : -2])
    fail("batch_matmul",
         "cannot multiply {}{} by {}{}; both need one type, the same leading axes, and as many "
         "columns on the left as rows on the right",
         to_string(a), transpose_a_ ? " transposed" : "", to_string(b),
         transpose_b_ ? " transposed" : "");
  std::vector<int64_t> dims = a.shape.dims();
  dims[dims.size() - 2] = a.shape[transpose_a_ ? -1 : -2];
  dims.back() = b.shape[transpose_b_ ? -2 : -1];
  return {{a.dtype, Shape(std::move(dims)), a.kind}};
}

std::vector<Value> BatchMatmulOp::gradient(const std::shared_ptr<Node>& node,
                                           std::span<const Value> output_gradients) const {
  const Value &a = node->inputs[0], &b = node->inputs[1], &dy = output_gradients[0];
  if (!dy.defined()) return {Value(), Value()};
  // With y = A B: dA = dy B^T and dB = A^T dy, each transposed where its side was.
  return {transpose_a_ ? batch_matmul(b, dy, transpose_b_, true)
                       : batch_matmul(dy, b, false, !transpose_b_),
          transpose_b_ ? batch_matmul(dy, a, true, transpose_a_)
                       : batch_matmul(a, dy, !transpose_a_, false)};
}

std::string BatchMatmulOp::parameters() const {
  return fmt::format("transpose_a={} transpose_b={}", transpose_a_, transpose_b_);
}

Value batch_matmul(const Value& a, const Value& b, bool transpose_a, bool transpose_b) {
  return make_node(std::make_shared<BatchMatmulOp>(transpose_a, transpose_b), {a, b});
}

}  // namespace tutti
