// Operators that give elements another shape, and those that compute shapes.
#include <algorithm>
#include <numeric>

#include "core/graph/builtin_ops.h"
#include "core/ops/broadcast_to.h"
#include "core/ops/cast.h"
#include "core/ops/concatenate.h"
#include "core/ops/elementwise.h"
#include "core/ops/reshape.h"
#include "core/ops/slice.h"
#include "core/ops/take.h"
#include "core/ops/take_along.h"
#include "core/ops/transpose.h"
#include "io/onnx/import/operator.h"
#include "io/onnx/wire.h"

namespace tutti::onnx {
namespace {

using Meanings = std::vector<Meaning>;
using Ints = std::vector<int64_t>;

Value whole_numbers(const Ints& values, const Shape& shape) {
  return Value(Tensor::from(values, shape));
}

Meanings read_transpose(const Operator& op) {
  const Meaning& x = op.meaning(0);
  Ints reversed(x.rank());
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  std::vector<int> order;
  for (const int64_t axis : op.integers("perm", reversed))
    order.push_back(x.axis(static_cast<size_t>(op.axis(axis, x.rank()))));
  auto sorted = order;
  std::ranges::sort(sorted);
  if (order.size() != x.rank() || std::ranges::adjacent_find(sorted) != sorted.end())
    op.refuse("perm is no order of {} axes; export the model again", x.rank());
  return {{x.value, order}};
}

Meanings read_squeeze(const Operator& op) {
  const Meaning& x = op.meaning(0);
  auto axes = op.integers_of("axes", 1);
  if (!axes) op.refuse("has no axes, so that what it does depends on the rows; name them");
  std::vector<int> gone, order;
  for (const int64_t axis : *axes) gone.push_back(op.value_axis(x, axis));
  std::ranges::sort(gone);
  Value y = x.value;
  for (auto axis = gone.rbegin(); axis != gone.rend(); ++axis) y = squeeze(y, *axis);
  for (size_t i = 0; i < x.rank(); ++i) {
    const int axis = x.axis(i);
    if (!std::ranges::binary_search(gone, axis))
      order.push_back(axis - static_cast<int>(std::ranges::lower_bound(gone, axis) - gone.begin()));
  }
  return {{y, order}};
}

Meanings read_unsqueeze(const Operator& op) {
  const Meaning& x = op.meaning(0);
  const auto axes = op.integers_of("axes", 1);
  if (!axes || x.rank() + axes->size() > 16) op.refuse("needs axes, at most 16 in all");
  const size_t rank = x.rank() + axes->size();
  std::vector<int> order(rank, -1);
  Value y = x.value;
  for (const int64_t axis : *axes) {
    int& place = order[static_cast<size_t>(op.axis(axis, rank))];
    if (place >= 0) op.refuse("names axis {} twice; export the model again", axis);
    place = y.shape().rank();
    y = expand_dims(y, place);
  }
  size_t next = 0;
  for (int& place : order)
    if (place < 0) place = x.axis(next++);
  return {{y, order}};
}

// Extents with 0 (that of the input) and -1 (what is left of `elements`) made known.
Ints known_extents(const Operator& op, Ints dims, const Ints& copied, int64_t elements) {
  int64_t* open = nullptr;
  int64_t left = elements;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 0 && i < copied.size()) dims[i] = copied[i];
    const bool infer = dims[i] == -1 && !open;
    if (!infer && (dims[i] <= 0 || left % dims[i] != 0))
      op.refuse("does not fit {} elements to the shape asked for; rows aside it must be known",
                elements);
    if (infer)
      open = &dims[i];
    else
      left /= dims[i];
  }
  if (open) *open = left;
  if (!open && left != 1)
    op.refuse("does not fit {} elements to the shape asked for; rows aside it must be known",
              elements);
  return dims;
}

int64_t product_of(const Ints& dims, size_t begin, size_t end) {
  return std::accumulate(dims.begin() + static_cast<int64_t>(begin),
                         dims.begin() + static_cast<int64_t>(end), int64_t{1}, std::multiplies<>());
}

// The rows stay the axis that they are; what stands before them keeps its number of elements.
Meanings read_reshape(const Operator& op) {
  const Meaning& x = op.meaning(0);
  Ints dims = op.integers(1), copied;
  op.require("allowzero", 0);
  if (dims.size() > 16) op.refuse("makes {} axes; use 16 or fewer", dims.size());
  std::vector<int> order;
  size_t rows = x.rank();
  for (size_t i = 0; i < x.rank(); ++i) {
    copied.push_back(x.value.shape()[x.axis(i)]);
    if (x.axis(i) == 0)
      rows = i;
    else
      order.push_back(x.axis(i));
  }
  if (x.value.kind() != ValueKind::row)
    return {reshape(x.value, Shape(known_extents(op, dims, copied, x.value.shape().elements())))};
  const int64_t asked = rows < dims.size() ? dims[rows] : -2;
  if (asked != 0 && asked != kOpenRows && asked != op.declared_rows() &&
      !(asked == -1 && rows == 0))
    op.refuse("moves the rows from axis {}; rows stay rows here", rows);
  order.insert(order.begin(), 0);
  const int64_t before = product_of(copied, 0, rows);
  dims.erase(dims.begin() + static_cast<int64_t>(rows));
  // Behind the rows 0 takes the extent of the same axis as in front: both lists lack the rows.
  copied.erase(copied.begin() + static_cast<int64_t>(rows));
  dims = known_extents(op, dims, copied, x.value.shape().elements_per_row());
  if (product_of(dims, 0, rows) != before)
    op.refuse("moves elements across the rows; rows stay rows here");
  dims.insert(dims.begin(), kRows);
  const Value y = reshape(transpose(x.value, order), Shape(dims));
  std::vector<int> places;
  for (size_t i = 0; i < dims.size(); ++i)
    places.push_back(static_cast<int>(i == rows ? 0 : i < rows ? i + 1 : i));
  return {{y, places}};
}

Meanings read_flatten(const Operator& op) {
  const Value& x = op.value(0);
  const auto rank = static_cast<size_t>(x.shape().rank());
  const int64_t given = op.integer("axis", 1);
  const int axis =
      given == static_cast<int64_t>(rank) ? static_cast<int>(rank) : op.axis(given, rank);
  if (x.kind() == ValueKind::row) {
    if (axis != 1) op.refuse("axis is {}: rows stay rows here; use 1", axis);
    return {x.shape().rank() == 1 ? expand_dims(x, 1) : flatten(x)};
  }
  const auto& dims = x.shape().dims();
  const auto product = [](auto begin, auto end) {
    return std::accumulate(begin, end, int64_t{1}, std::multiplies<>());
  };
  return {reshape(
      x, {product(dims.begin(), dims.begin() + axis), product(dims.begin() + axis, dims.end())})};
}

Meanings read_shape(const Operator& op) {
  const Meaning& x = op.meaning(0);
  const auto rank = static_cast<int64_t>(x.rank());
  const auto bound = [&](const char* name, int64_t otherwise) {
    const int64_t at = op.integer(name, otherwise);
    return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  Ints dims;
  for (int64_t i = bound("start", 0); i < bound("end", rank); ++i) {
    const int64_t extent = x.value.shape()[x.axis(static_cast<size_t>(i))];
    dims.push_back(extent == kRows ? kOpenRows : extent);
  }
  const Shape shape{static_cast<int64_t>(dims.size())};
  return {whole_numbers(dims, shape)};
}

// A shape that may hold the number of rows, once: where, and the shape with the rows first.
struct OpenShape {
  std::optional<size_t> rows;
  Shape shape;
  std::vector<int> order;
};
OpenShape open_shape(const Operator& op, const Ints& dims) {
  OpenShape open;
  Ints rest, place;
  if (dims.size() > 16) op.refuse("makes {} axes; use 16 or fewer", dims.size());
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == kOpenRows && !open.rows)
      open.rows = i;
    else if (dims[i] < 0)
      op.refuse("makes an axis of {} elements; export the model again", dims[i]);
    else
      rest.push_back(dims[i]);
  }
  if (open.rows) rest.insert(rest.begin(), kRows);
  for (size_t i = 0; i < dims.size(); ++i)
    open.order.push_back(!open.rows        ? static_cast<int>(i)
                         : i == *open.rows ? 0
                                           : static_cast<int>(i < *open.rows ? i + 1 : i));
  open.shape = Shape(std::move(rest));
  return open;
}

Meanings read_expand(const Operator& op) {
  const Value& x = op.value(0);
  Ints dims = op.integers(1);
  if (x.kind() == ValueKind::row) {  // a 1 leaves the rows
    if (static_cast<int>(dims.size()) > x.shape().rank())
      op.refuse("adds axes before the rows; rows stay axis 0 here");
    Ints wide = x.shape().dims();
    for (size_t i = 0; i < dims.size(); ++i) {
      int64_t& extent = wide[wide.size() - dims.size() + i];
      if (extent == 1) extent = dims[i];
    }
    return {broadcast_to(x, Shape(std::move(wide)))};
  }
  const OpenShape open = open_shape(op, dims);
  if (!open.rows) return {broadcast_to(x, broadcast(x.shape(), open.shape, "onnx"))};
  if (*open.rows == 0) return {broadcast_to(x, open.shape)};
  if (x.shape().elements() != 1)
    op.refuse("repeats {} for rows that are not axis 0; put them first", to_string(x.shape()));
  return {{broadcast_to(reshape(x, {}), open.shape), open.order}};
}

Meanings read_constant_of_shape(const Operator& op) {
  const auto* given = op.attribute("value");
  const Tensor number = given && given->has_t() ? tensor_of(given->t(), "onnx") : Tensor::zeros({});
  if (number.elements() != 1) op.refuse("value has {} elements; give one", number.elements());
  const OpenShape open = open_shape(op, op.integers(0));
  return {{broadcast_to(Value(number.reshape({})), open.shape), open.order}};
}

Meanings read_constant(const Operator& op) {
  if (const auto* value = op.attribute("value")) return {Value(tensor_of(value->t(), "onnx"))};
  if (op.attribute("value_float")) return {Value(Tensor(op.number("value_float", 0)))};
  if (op.attribute("value_int")) return {whole_numbers({op.integer("value_int", 0)}, {})};
  if (op.attribute("value_ints")) {
    const Ints values = op.integers("value_ints", {});
    return {whole_numbers(values, {static_cast<int64_t>(values.size())})};
  }
  const auto values = op.numbers("value_floats");
  if (values.empty()) op.refuse("holds neither a tensor nor numbers; those are read");
  return {Value(Tensor::from(values, {static_cast<int64_t>(values.size())}).to(DType::f32))};
}

[[maybe_unused]] const bool shapes_read = [] {
  const std::pair<const char*, Meanings (*)(const Operator&)> operators[] = {
      {"Transpose", read_transpose}, {"Squeeze", read_squeeze},
      {"Unsqueeze", read_unsqueeze}, {"Reshape", read_reshape},
      {"Flatten", read_flatten},     {"Shape", read_shape},
      {"Expand", read_expand},       {"ConstantOfShape", read_constant_of_shape},
      {"Constant", read_constant},
  };
  for (const auto& [type, reader] : operators) register_operator(type, reader);
  return true;
}();

}  // namespace
}  // namespace tutti::onnx
