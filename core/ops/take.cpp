#include "core/ops/take.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/ops/cast.h"
#include "core/ops/op_checks.h"

namespace tutti {
namespace {

Value as_indices(const char* where, const Value& indices) {
  require_integer(where, indices.type());
  return cast(indices, DType::i64);
}

}  // namespace

std::vector<ValueType> TakeOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("take", inputs, 2);
  const ValueType &table = inputs[0], &indices = inputs[1];
  if (table.shape.rank() < 1 || table.shape.has_rows() || table.kind == ValueKind::row ||
      indices.dtype != DType::i64 || indices.kind == ValueKind::partial)
    fail("take",
         "cannot take rows {} of table {}; the table must be same on all ranks, the indices int64",
         to_string(indices), to_string(table));
  std::vector<int64_t> dims = indices.shape.dims();
  const auto& rest = table.shape.dims();
  dims.insert(dims.end(), rest.begin() + 1, rest.end());
  const bool partial = table.kind == ValueKind::partial;
  return {{table.dtype, Shape(std::move(dims)), partial ? ValueKind::partial : indices.kind}};
}

std::vector<Value> TakeOp::gradient(const std::shared_ptr<Node>& node,
                                    std::span<const Value> output_gradients) const {
  if (!output_gradients[0].defined()) return {Value(), Value()};
  const Value &table = node->inputs[0], &indices = node->inputs[1];
  return {scatter_add(output_gradients[0], indices, table.shape()[0]), Value()};
}

bool TakeOp::linear_in(size_t input, std::span<const ValueType> inputs) const {
  return input == 0 && inputs[1].kind == ValueKind::same;
}

std::vector<ValueType> ScatterAddOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("scatter_add", inputs, 2);
  const ValueType &updates = inputs[0], &indices = inputs[1];
  require_floating("scatter_add", updates);
  const auto &dims = updates.shape.dims(), &leading = indices.shape.dims();
  const bool fits =
      leading.size() <= dims.size() && std::equal(leading.begin(), leading.end(), dims.begin());
  const bool kinds = updates.kind == indices.kind ||
                     (updates.kind == ValueKind::partial && indices.kind == ValueKind::same);
  if (!fits || !kinds || indices.dtype != DType::i64)
    fail("scatter_add",
         "updates {} do not fit indices {}; the updates' shape begins with the indices'",
         to_string(updates), to_string(indices));
  std::vector<int64_t> out{extent_};
  out.insert(out.end(), dims.begin() + static_cast<int64_t>(leading.size()), dims.end());
  return {{updates.dtype, Shape(std::move(out)),
           updates.kind == ValueKind::same ? ValueKind::same : ValueKind::partial}};
}

std::vector<Value> ScatterAddOp::gradient(const std::shared_ptr<Node>& node,
                                          std::span<const Value> output_gradients) const {
  if (!output_gradients[0].defined()) return {Value(), Value()};
  return {take(output_gradients[0], node->inputs[1]), Value()};
}

Value take(const Value& table, const Value& indices) {
  return make_node(std::make_shared<TakeOp>(), {table, as_indices("take", indices)});
}

Value scatter_add(const Value& updates, const Value& indices, int64_t extent) {
  return make_node(std::make_shared<ScatterAddOp>(extent),
                   {updates, as_indices("scatter_add", indices)});
}

}  // namespace tutti
