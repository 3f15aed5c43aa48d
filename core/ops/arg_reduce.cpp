#include "core/ops/arg_reduce.h"

#include "core/base/error.h"
#include "core/ops/op_checks.h"
#include "core/ops/transpose.h"

namespace tutti {
namespace {

Value arg_reduce(const Value& value, int axis, bool largest) {
  const char* where = largest ? "argmax" : "argmin";
  const int rank = value.shape().rank(), at = normalize_axis(axis, rank, where);
  if (value.kind() == ValueKind::row && at == 0)
    fail(where, "axis 0 of {} is the rows; name another axis", to_string(value.shape()));
  std::vector<int> last;  // the axis moved to the end
  for (int i = 0; i < rank; ++i)
    if (i != at) last.push_back(i);
  last.push_back(at);
  return make_node(std::make_shared<ArgReduceOp>(largest), {transpose(value, std::move(last))});
}

}  // namespace

std::vector<ValueType> ArgReduceOp::infer(std::span<const ValueType> inputs) const {
  const char* where = largest_ ? "argmax" : "argmin";
  require_inputs(where, inputs, 1);
  const ValueType& in = inputs[0];
  if (!is_floating(in.dtype))
    fail(where, "takes floating numbers, got {}; cast it first", to_string(in));
  const int least_rank = in.kind == ValueKind::row ? 2 : 1;
  if (in.shape.rank() < least_rank || in.shape[-1] == 0)
    fail(where, "has nothing to choose from in {}; the axis needs one element or more",
         to_string(in.shape));
  std::vector<int64_t> dims = in.shape.dims();
  dims.pop_back();
  return {{DType::i64, Shape(std::move(dims)), in.kind}};
}

Value argmax(const Value& value, int axis) { return arg_reduce(value, axis, true); }
Value argmin(const Value& value, int axis) { return arg_reduce(value, axis, false); }

}  // namespace tutti
