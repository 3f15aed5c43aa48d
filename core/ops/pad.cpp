#include "core/ops/pad.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/ops/op_checks.h"
#include "core/ops/slice.h"

namespace tutti {

std::vector<ValueType> PadOp::infer(std::span<const ValueType> inputs) const {
  require_inputs("pad", inputs, 1);
  const ValueType& in = inputs[0];
  std::vector<int64_t> dims = in.shape.dims();
  bool fits = before_.size() == dims.size() && after_.size() == dims.size();
  for (size_t axis = 0; fits && axis < dims.size(); ++axis) {
    fits = before_[axis] >= 0 && after_[axis] >= 0;
    if (dims[axis] == kRows)
      fits = fits && before_[axis] == 0 && after_[axis] == 0;
    else
      dims[axis] += before_[axis] + after_[axis];
  }
  if (!fits)
    fail("pad", "cannot put [{}] before and [{}] after {}; give each axis 0 or more, the rows 0",
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

std::string PadOp::parameters() const {
  return fmt::format("[{}]:[{}]", fmt::join(before_, ","), fmt::join(after_, ","));
}

Value pad(const Value& value, const std::vector<int64_t>& before,
          const std::vector<int64_t>& after) {
  return make_node(std::make_shared<PadOp>(before, after), {value});
}

}  // namespace tutti
