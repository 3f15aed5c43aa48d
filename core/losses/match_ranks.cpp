#include "core/losses/match_ranks.h"

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reshape.h"

namespace tutti {

std::pair<Value, Value> match_ranks(const Value& a, const Value& b) {
  const int rank_a = a.shape().rank(), rank_b = b.shape().rank();
  if (rank_b == rank_a + 1) {
    auto [second, first] = match_ranks(b, a);
    return {first, second};
  }
  if (rank_a != rank_b + 1 || a.shape()[-1] != 1) return {a, b};
  if (rank_b == 1) return {a, expand_dims(b, -1)};
  return {squeeze(a, -1), b};
}

LabelKind label_kind(const Shape& y_true, const Shape& y_pred) {
  if (y_pred.rank() == 0 || y_pred[-1] == 1 || y_pred.rank() == 1) return LabelKind::binary;
  const bool indices = y_true.rank() < y_pred.rank() || (y_true[-1] == 1 && y_pred[-1] > 1);
  return indices ? LabelKind::sparse : LabelKind::categorical;
}

Value align_weight(const Value& weight, const Value& values, const char* where) {
  const Shape &have = weight.shape(), &want = values.shape();
  bool fits = have.rank() <= want.rank();
  for (int axis = 0; fits && axis < have.rank(); ++axis)
    fits = have[axis] == want[axis] || have[axis] == 1;
  if (!fits)
    fail(where, "weights of shape {} do not fit losses of shape {}; give one weight for each row",
         to_string(have), to_string(want));
  if (have.rank() == want.rank() || have.rank() == 0) return weight;
  std::vector<int64_t> dims = have.dims();
  dims.resize(static_cast<size_t>(want.rank()), 1);
  return reshape(weight, Shape(std::move(dims)));
}

Value global_elements(const Value& value) {
  if (value.kind() != ValueKind::row)
    return Value(Tensor::full({}, static_cast<double>(value.shape().elements()), value.dtype()));
  const Value rows = cast(row_count(), value.dtype());
  const int64_t each = value.shape().elements_per_row();
  return each == 1 ? rows : rows * static_cast<double>(each);
}

}  // namespace tutti
