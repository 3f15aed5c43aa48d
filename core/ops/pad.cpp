#include "core/ops/pad.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/ops/concatenate.h"
#include "core/ops/op_checks.h"
#include "core/ops/slice.h"

namespace tutti {

std::vector<ValueType> PadOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("pad", inputs, 1);
  const ValueType& in = inputs[0];
  std::vector<int64_t> dims = in.shape.dims();
  bool fits = before_.size() == dims.size() && after_.size() == dims.size();
  for (size_t axis = 0; fits && axis < dims.size(); ++axis) {
    for (const int64_t border : {before_[axis], after_[axis]})
      fits = fits && border >= 0 && border <= kMaxElements;
    if (dims[axis] == kRows)
      fits = fits && before_[axis] == 0 && after_[axis] == 0;
    else if (fits)
      dims[axis] += before_[axis] + after_[axis];
  }
  if (!fits)
    fail("pad", "cannot put [{}] before and [{}] after {}; give each axis 0 to 2^40, the rows 0",
         fmt::join(before_, ", "), fmt::join(after_, ", "), to_string(in.shape));
  return {{in.dtype, Shape(std::move(dims)), in.kind}};
}

std::vector<Value> PadOp::gradient(const std::shared_ptr<Node>& node,
                                   std::span<const Value> output_gradients) const {
  if (!output_gradients[0].defined()) return {Value()};
  std::vector<int64_t> end = node->inputs[0].shape().dims();
  for (size_t axis = 0; axis < end.size(); ++axis)
    if (end[axis] != kRows) end[axis] += before_[axis];
  return {slice(output_gradients[0], before_, end)};
}

Value PadOp::sum_of(std::span<const Value> terms) const {
  const auto pad_of = [](const Value& term) -> const PadOp& {
    return static_cast<const PadOp&>(*term.node()->op);
  };
  const auto moved = std::ranges::mismatch(pad_of(terms[0]).before_, pad_of(terms[1]).before_);
  const auto axis = static_cast<size_t>(moved.in1 - pad_of(terms[0]).before_.begin());
  if (axis == before_.size()) return {};
  std::vector<Value> sorted(terms.begin(), terms.end());
  std::ranges::stable_sort(sorted, {},
                           [&](const Value& term) { return pad_of(term).before_[axis]; });
  const std::vector<int64_t>& before = pad_of(sorted.front()).before_;
  std::vector<int64_t> after = pad_of(sorted.front()).after_;
  std::vector<Value> pieces;
  int64_t end = before[axis];
  for (const auto& term : sorted) {
    const PadOp& op = pad_of(term);
    if (op.before_[axis] != end) return {};
    end += term.node()->inputs[0].shape()[static_cast<int>(axis)];
    pieces.push_back(term.node()->inputs[0]);
    after[axis] = op.after_[axis];
    for (size_t other = 0; other < before.size(); ++other)
      if (other != axis && (op.before_[other] != before[other] || op.after_[other] != after[other]))
        return {};
  }
  const Value joined = concatenate(pieces, static_cast<int>(axis));
  return joined.shape() == terms[0].shape() ? joined : pad(joined, before, after);
}

std::string PadOp::parameters() const {
  return fmt::format("[{}]:[{}]", fmt::join(before_, ","), fmt::join(after_, ","));
}

Value pad(const Value& value, const std::vector<int64_t>& before,
          const std::vector<int64_t>& after) {
  return make_node(std::make_shared<PadOp>(before, after), {value});
}

}  // namespace tutti
