// Operators that choose elements, and that put them side by side.
#include <algorithm>
#include <numeric>

#include "core/graph/builtin_ops.h"
#include "core/ops/broadcast_to.h"
#include "core/ops/cast.h"
#include "core/ops/concatenate.h"
#include "core/ops/reshape.h"
#include "core/ops/slice.h"
#include "core/ops/take.h"
#include "core/ops/take_along.h"
#include "core/ops/take_in_rows.h"
#include "io/onnx/import/operator.h"

namespace tutti::onnx {
namespace {

using Meanings = std::vector<Meaning>;
using Ints = std::vector<int64_t>;
constexpr size_t kPieces = 4096;  // that elements are put together from

// Elements of an axis that is not the rows, each index in [0, extent): runs of neighbours are
// slices.
Value chosen(const Operator& op, const Value& x, int axis, const Ints& indices) {
  const int64_t extent = x.shape()[axis];
  std::vector<Value> pieces;
  for (size_t begin = 0; begin < indices.size();) {
    size_t end = begin + 1;
    while (end < indices.size() && indices[end] == indices[end - 1] + 1) ++end;
    if (indices[begin] < 0 || indices[end - 1] >= extent)
      op.refuse("takes element {} of axis {}, which has {}; export the model again", indices[begin],
                axis, extent);
    if (pieces.size() == kPieces)
      op.refuse("puts together more than {} pieces; choose fewer elements", kPieces);
    pieces.push_back(
        begin == 0 && static_cast<int64_t>(end) == extent
            ? x
            : slice(x, axis, indices[begin], indices[begin] + static_cast<int64_t>(end - begin)));
    begin = end;
  }
  op.spend(static_cast<int64_t>(pieces.size()));
  if (pieces.empty()) op.refuse("chooses nothing of axis {}; export the model again", axis);
  return pieces.size() == 1 ? pieces[0] : concatenate(pieces, axis);
}

Meanings read_concat(const Operator& op) {
  std::vector<Value> values;
  const std::vector<int> order = op.meaning(0).order;
  const int axis = op.value_axis(op.meaning(0), op.integer("axis", 0));
  ValueKind kind = ValueKind::same;
  for (size_t i = 0; i < op.size(); ++i) {
    if (op.meaning(i).order != order)
      op.refuse("mixes values whose rows are different axes; put the rows first");
    if (op.meaning(i).value.kind() == ValueKind::row) kind = ValueKind::row;
    values.push_back(op.meaning(i).value);
  }
  if (kind == ValueKind::row)
    for (auto& value : values)
      if (value.kind() != kind) {
        auto dims = value.shape().dims();
        if (dims.empty() || dims[0] != 1)
          op.refuse("puts a constant of {} beside rows; give it an axis 0 of 1",
                    to_string(value.shape()));
        dims[0] = kRows;
        value = broadcast_to(value, Shape(std::move(dims)));
      }
  return {{values.size() == 1 ? values[0] : concatenate(values, axis), order}};
}

Meanings read_split(const Operator& op) {
  const Meaning& x = op.meaning(0);
  const int axis = op.value_axis(x, op.integer("axis", 0));
  const int64_t extent = x.value.shape()[axis], pieces = static_cast<int64_t>(op.outputs());
  const int64_t each = (extent + pieces - 1) / std::max<int64_t>(1, pieces);
  Ints extents;
  for (int64_t i = 0; i < pieces; ++i) extents.push_back(std::min(each, extent - i * each));
  extents = op.integers_of("split", 1).value_or(extents);
  if (static_cast<int64_t>(extents.size()) != pieces ||
      std::accumulate(extents.begin(), extents.end(), int64_t{0}) != extent ||
      std::ranges::min(extents) < 1)
    op.refuse("does not cut {} elements into {} pieces; export the model again", extent, pieces);
  Meanings parts;
  for (const Value& part : split(x.value, extents, axis)) parts.push_back({part, x.order});
  return parts;
}

// The elements of an axis from begin to before end, in steps.
Ints stepped(int64_t begin, int64_t end, int64_t step, int64_t extent) {
  const auto inside = [&](int64_t at, int64_t least, int64_t most) {
    if (at < 0 && at > -(int64_t{1} << 41)) at += extent;
    return std::clamp(at, least, most);
  };
  Ints indices;
  if (step > 0)
    for (int64_t i = inside(begin, 0, extent), last = inside(end, 0, extent); i < last; i += step)
      indices.push_back(i);
  else
    for (int64_t i = inside(begin, -1, extent - 1), last = inside(end, -1, extent - 1); i > last;
         i += step)
      indices.push_back(i);
  return indices;
}

Meanings read_slice(const Operator& op) {
  const Meaning& x = op.meaning(0);
  const Ints begins = op.integers_of("starts", 1).value_or(Ints{}),
             ends = op.integers_of("ends", 2).value_or(Ints{});
  Ints axes(begins.size());
  std::iota(axes.begin(), axes.end(), 0);
  axes = op.integers_of("axes", 3).value_or(axes);
  const Ints steps = op.has(4) ? op.integers(4) : Ints(axes.size(), 1);
  if (ends.size() != begins.size() || axes.size() != begins.size() ||
      steps.size() != begins.size() || std::ranges::find(steps, 0) != steps.end())
    op.refuse("starts, ends, axes and steps do not go together; export the model again");
  Value y = x.value;
  for (size_t i = 0; i < axes.size(); ++i) {
    const int at = x.axis(static_cast<size_t>(op.axis(axes[i], x.rank())));
    const bool rows = at == 0 && y.kind() == ValueKind::row;
    if (rows && begins[i] == 0 && ends[i] >= INT32_MAX && steps[i] == 1) continue;
    const int axis = op.value_axis(x, axes[i]);
    const int64_t extent = y.shape()[axis];
    if (extent > (int64_t{1} << 24))
      op.refuse("cuts an axis of {} elements; use at most 2^24", extent);
    y = chosen(op, y, axis, stepped(begins[i], ends[i], steps[i], extent));
  }
  return {{y, x.order}};
}

// Rows of a table by indices that are computed, or elements of an axis by indices that are known.
Meanings read_gather(const Operator& op) {
  const Meaning &x = op.meaning(0), &index = op.meaning(1);
  const int64_t axis = op.integer("axis", 0);
  const Tensor* known = constant_of(index.value);
  if (!known) {
    if (op.axis(axis, x.rank()) != 0 || x.value.kind() != ValueKind::same)
      op.refuse("looks up computed indices along axis {}; only rows of a table are", axis);
    return {{take(x.value,
                  index.value.dtype() == DType::i64 ? index.value : cast(index.value, DType::i64)),
             index.order}};
  }
  const int at = op.value_axis(x, axis);
  Ints indices = known->to_vector<int64_t>();
  for (int64_t& i : indices) i += i < 0 ? x.value.shape()[at] : 0;
  Value y = chosen(op, x.value, at, indices);
  if (known->shape().rank() == 1) return {{y, x.order}};
  if (known->shape().rank() == 0) {  // the axis goes
    y = squeeze(y, at);
    std::vector<int> order;
    for (size_t i = 0; i < x.rank(); ++i)
      if (x.axis(i) != at) order.push_back(x.axis(i) - (x.axis(i) > at ? 1 : 0));
    return {{y, order}};
  }
  if (!x.order.empty()) op.value(0);  // says why not
  Ints dims = y.shape().dims();
  dims.erase(dims.begin() + at);
  dims.insert(dims.begin() + at, known->shape().dims().begin(), known->shape().dims().end());
  return {reshape(y, Shape(std::move(dims)))};
}

Meanings read_gather_elements(const Operator& op) {
  const Value &x = op.value(0), &index = op.value(1);
  const int last = x.shape().rank() - 1;
  if (op.axis(op.integer("axis", 0), static_cast<size_t>(last + 1)) != last ||
      index.shape().rank() != last + 1 || index.shape()[-1] != 1)
    op.refuse(
        "looks up several elements or along another axis than the last; one of each row is read");
  return {expand_dims(take_along(x, squeeze(index, last)), last)};
}

// Entries of each row's own table.
Meanings read_gather_nd(const Operator& op) {
  const Value &table = op.value(0), &index = op.value(1);
  if (op.integer("batch_dims", 0) != 1 || index.shape().rank() < 3 || index.shape()[-1] != 1)
    op.refuse(
        "looks up along other axes than one behind the rows; batch_dims 1 and one index are read");
  return {take_in_rows(table, cast(squeeze(index, index.shape().rank() - 1), DType::i64))};
}

// Elements of any number around a value, along axes that are not the rows.
Meanings read_pad(const Operator& op) {
  const Meaning& x = op.meaning(0);
  if (op.text("mode", "constant") != "constant")
    op.refuse("mode '{}' is not read; only constant is", op.text("mode", ""));
  const Ints pads = op.integers_of("pads", 1).value_or(Ints{});
  const double number = op.has(2) ? op.number(size_t{2}) : op.number("value", 0);
  if (op.has(3) || pads.size() != 2 * x.rank())
    op.refuse("has {} numbers for {} axes; give two for each", pads.size(), x.rank());
  Value y = x.value;
  for (size_t i = 0; i < x.rank(); ++i) {
    const int64_t before = pads[i], after = pads[i + x.rank()];
    if (before == 0 && after == 0) continue;
    if (before < 0 || after < 0) op.refuse("cuts elements; use Slice");
    const int axis = op.value_axis(x, static_cast<int64_t>(i));
    const auto border = [&](int64_t extent) {
      Ints dims = y.shape().dims();
      dims[static_cast<size_t>(axis)] = extent;
      return broadcast_to(Value(Tensor::full({}, number, y.dtype())), Shape(std::move(dims)),
                          y.kind());
    };
    std::vector<Value> parts;
    if (before > 0) parts.push_back(border(before));
    parts.push_back(y);
    if (after > 0) parts.push_back(border(after));
    y = concatenate(parts, axis);
  }
  return {{y, x.order}};
}

Meanings read_tile(const Operator& op) {
  const Meaning& x = op.meaning(0);
  const Ints times = op.integers(1);
  if (times.size() != x.rank())
    op.refuse("has {} numbers for {} axes; give one for each", times.size(), x.rank());
  Value y = x.value;
  for (size_t i = 0; i < times.size(); ++i) {
    if (times[i] == 1) continue;
    if (times[i] < 1 || times[i] > static_cast<int64_t>(kPieces))
      op.refuse("repeats axis {} {} times; use 1 to {}", i, times[i], kPieces);
    op.spend(times[i]);
    y = concatenate(std::vector<Value>(static_cast<size_t>(times[i]), y),
                    op.value_axis(x, static_cast<int64_t>(i)));
  }
  return {{y, x.order}};
}

[[maybe_unused]] const bool choosing_read = [] {
  const std::pair<const char*, Meanings (*)(const Operator&)> operators[] = {
      {"Concat", read_concat},
      {"Split", read_split},
      {"Slice", read_slice},
      {"Gather", read_gather},
      {"GatherElements", read_gather_elements},
      {"Pad", read_pad},
      {"GatherND", read_gather_nd},
      {"Tile", read_tile}};
  for (const auto& [type, reader] : operators) register_operator(type, reader);
  return true;
}();

}  // namespace
}  // namespace tutti::onnx
