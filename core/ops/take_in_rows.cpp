#include "core/ops/take_in_rows.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/ops/op_checks.h"

namespace tutti {

std::vector<ValueType> TakeInRowsOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("take_in_rows", inputs, 2);
  const ValueType &table = inputs[0], &indices = inputs[1];
  require_floating("take_in_rows", table);
  if (table.shape.rank() < 2 || indices.shape.rank() < 2 || table.shape[0] != indices.shape[0] ||
      table.kind != indices.kind || table.kind == ValueKind::partial || indices.dtype != DType::i64)
    fail("take_in_rows",
         "cannot take {} of {}; both need the same rows and two axes or more, the indices int64",
         to_string(indices), to_string(table));
  std::vector<int64_t> dims = indices.shape.dims();
  const auto& entry = table.shape.dims();
  dims.insert(dims.end(), entry.begin() + 2, entry.end());
  return {{table.dtype, Shape(std::move(dims)), table.kind}};
}

std::vector<Value> TakeInRowsOp::gradient(const std::shared_ptr<Node>& node,
                                          std::span<const Value> output_gradients) const {
  if (!output_gradients[0].defined()) return {Value(), Value()};
  const Value &table = node->inputs[0], &indices = node->inputs[1];
  return {scatter_add_in_rows(output_gradients[0], indices, table.shape()[1]), Value()};
}

std::vector<ValueType> ScatterAddInRowsOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("scatter_add_in_rows", inputs, 2);
  const ValueType &updates = inputs[0], &indices = inputs[1];
  require_floating("scatter_add_in_rows", updates);
  const auto &dims = updates.shape.dims(), &leading = indices.shape.dims();
  const bool fits = leading.size() >= 2 && leading.size() <= dims.size() &&
                    std::equal(leading.begin(), leading.end(), dims.begin());
  if (!fits || updates.kind != indices.kind || updates.kind == ValueKind::partial ||
      indices.dtype != DType::i64)
    fail("scatter_add_in_rows",
         "updates {} do not fit indices {}; the updates' shape begins with the indices'",
         to_string(updates), to_string(indices));
  std::vector<int64_t> out{dims[0], extent_};
  out.insert(out.end(), dims.begin() + static_cast<int64_t>(leading.size()), dims.end());
  return {{updates.dtype, Shape(std::move(out)), updates.kind}};
}

std::vector<Value> ScatterAddInRowsOp::gradient(const std::shared_ptr<Node>& node,
                                                std::span<const Value> output_gradients) const {
  if (!output_gradients[0].defined()) return {Value(), Value()};
  return {take_in_rows(output_gradients[0], node->inputs[1]), Value()};
}

Value take_in_rows(const Value& table, const Value& indices) {
  return make_node(std::make_shared<TakeInRowsOp>(), {table, indices});
}

Value scatter_add_in_rows(const Value& updates, const Value& indices, int64_t extent) {
  return make_node(std::make_shared<ScatterAddInRowsOp>(extent), {updates, indices});
}

}  // namespace tutti
