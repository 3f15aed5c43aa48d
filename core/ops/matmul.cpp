#include "core/ops/matmul.h"

#include <fmt/format.h>

#include <array>

#include "core/base/error.h"
#include "core/ops/concatenate.h"
#include "core/ops/op_checks.h"
#include "core/ops/reshape.h"
#include "core/ops/transpose.h"

namespace tutti {
namespace {

[[noreturn]] void reject_shapes(const ValueType& a, const ValueType& b, bool ta, bool tb,
                                std::string_view remedy) {
  fail("matmul", "cannot multiply {}{} by {}{}; {}", to_string(a.shape), ta ? " transposed" : "",
       to_string(b.shape), tb ? " transposed" : "", remedy);
}

ValueKind product_kind(const ValueType& a, const ValueType& b, bool ta, bool tb) {
  using enum ValueKind;
  if (a.kind == row && b.kind == same && !ta) return row;
  if (a.kind == row && b.kind == row && ta) return partial;
  if (a.kind == same && b.kind == same) return same;
  if (a.kind == partial && b.kind == same) return partial;
  if (a.kind == same && b.kind == partial) return partial;
  fail("matmul",
       "cannot multiply {}{} by {}{}: rows may stand only on the left, or be summed as a^T b of "
       "two row "
       "values; use gather_rows to mix rows",
       to_string(a), ta ? " transposed" : "", to_string(b), tb ? " transposed" : "");
}

}  // namespace

ValueType MatmulOp::infer_product(const ValueType& a, const ValueType& b) const {
  const auto reject = [&](std::string_view remedy) {
    reject_shapes(a, b, transpose_a_, transpose_b_, remedy);
  };
  if (a.dtype != b.dtype || !is_floating(a.dtype))
    fail("matmul", "cannot multiply {} by {}; both must have one floating type, cast first",
         to_string(a), to_string(b));
  if (a.shape.rank() < 2 || b.shape.rank() < 2)
    reject("both need two axes or more, add one with expand_dims");
  if (transpose_a_ && transpose_b_) reject("build the product with matmul(), which swaps the two");
  const ValueKind kind = product_kind(a, b, transpose_a_, transpose_b_);
  if (transpose_a_) {
    std::vector<int64_t> left = a.shape.dims(), right = b.shape.dims();
    const int64_t k = left.back(), n = right.back();
    left.pop_back(), right.pop_back();
    if (left != right) reject("all axes before the last must be equal");
    return {a.dtype, Shape{k, n}, kind};
  }
  if (b.shape.rank() != 2) reject("the right side must have two axes, reshape it");
  const int64_t k = transpose_b_ ? b.shape[1] : b.shape[0];
  const int64_t n = transpose_b_ ? b.shape[0] : b.shape[1];
  if (a.shape[-1] != k)
    reject(fmt::format(
        "the left side has {} columns where the right side has {} rows, make them equal",
        a.shape[-1], k));
  std::vector<int64_t> dims = a.shape.dims();
  dims.back() = n;
  return {a.dtype, Shape(std::move(dims)), kind};
}

std::vector<ValueType> MatmulOp::infer(std::span<const ValueType> inputs) const {
  if (!epilogue_) require_inputs("matmul", inputs, 2);
  const ValueType product = infer_product(inputs[0], inputs[1]);
  if (!epilogue_) return {product};
  if (product.kind == ValueKind::partial)
    fail("matmul", "an epilogue follows {}, a sum still owed; sum it with sum_rows first",
         to_string(product));
  std::vector<ValueType> outputs;
  for (const int reg : epilogue_->outputs)
    outputs.push_back({epilogue_->dtype_of(reg), product.shape, product.kind});
  return outputs;
}

std::vector<Value> MatmulOp::gradient(const std::shared_ptr<Node>& node,
                                      std::span<const Value> output_gradients) const {
  if (epilogue_)
    fail("matmul", "a product with an epilogue has no gradient; differentiate before fusing");
  const Value &a = node->inputs[0], &b = node->inputs[1], &dy = output_gradients[0];
  if (!dy.defined()) return {Value(), Value()};
  // With y = A B: dA = dy B^T and dB = A^T dy, each transposed where its side was.
  return {transpose_a_ ? matmul(b, dy, transpose_b_, true) : matmul(dy, b, false, !transpose_b_),
          transpose_b_ ? matmul(dy, a, true, transpose_a_) : matmul(a, dy, !transpose_a_, false)};
}

Value MatmulOp::sum_of(std::span<const Value> terms) const {
  std::array<std::vector<Value>, 2> sides;
  for (const auto& term : terms) {
    const Node& node = *term.node();
    const auto& op = static_cast<const MatmulOp&>(*node.op);
    if (!op.transpose_a_ || op.epilogue_) return {};
    for (size_t side = 0; side < 2; ++side) {
      const Value& input = node.inputs[side];
      const int64_t width = input.shape()[-1];
      if (input.kind() != ValueKind::row || width == 0) return {};
      sides[side].push_back(
          reshape(input, {kRows, input.shape().elements_per_row() / width, width}));
    }
  }
  return matmul(concatenate(sides[0], 1), concatenate(sides[1], 1), true);
}

std::string MatmulOp::parameters() const {
  return fmt::format("transpose_a={} transpose_b={}{}{}", transpose_a_, transpose_b_,
                     epilogue_ ? " epilogue=" : "", epilogue_ ? epilogue_->text() : "");
}

std::shared_ptr<const Op> MatmulOp::with_epilogue(std::shared_ptr<const Program> epilogue) const {
  if (epilogue_ || transpose_a_) return nullptr;
  return std::make_shared<MatmulOp>(transpose_a_, transpose_b_, std::move(epilogue));
}

std::vector<Value> MatmulOp::composite(std::span<const Value> inputs) const {
  if (!epilogue_) return {};
  std::vector<Value> arguments{matmul(inputs[0], inputs[1], transpose_a_, transpose_b_)};
  arguments.insert(arguments.end(), inputs.begin() + 2, inputs.end());
  std::vector<ValueType> types;
  for (const auto& input : inputs) types.push_back(input.type());
  return make_node_outputs(std::make_shared<FusedOp>(*epilogue_, infer(types)),
                           std::move(arguments));
}

Value matmul(const Value& a, const Value& b, bool transpose_a, bool transpose_b) {
  if (transpose_a && transpose_b) return transpose(matmul(b, a));
  return make_node(std::make_shared<MatmulOp>(transpose_a, transpose_b), {a, b});
}

}  // namespace tutti
