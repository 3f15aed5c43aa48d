#include "core/graph/builtin_ops.h"

#include "core/base/error.h"
#include "core/base/hash.h"

namespace tutti {

Value make_input(const std::string& label, const Shape& shape, DType dtype) {
  const ValueKind kind = shape.has_rows() ? ValueKind::row : ValueKind::same;
  return make_node(std::make_shared<InputOp>(label, ValueType{dtype, shape, kind}), {});
}

std::vector<ValueType> ConstantOp::infer(std::span<const ValueType>) const {
  return {{tensor_.dtype(), tensor_.shape(), ValueKind::same}};
}

std::string ConstantOp::parameters() const {
  const Tensor host = tensor_.to_host();
  const uint64_t hash = hash64(host.raw(), host.bytes());
  return fmt::format("{} {} {:016x}{}", name_of(host.dtype()), to_string(host.shape()), hash,
                     weak_ ? " weak" : "");
}

const Tensor* constant_of(const Value& value) {
  const auto* op = dynamic_cast<const ConstantOp*>(value.node()->op.get());
  return op ? &op->tensor() : nullptr;
}

std::vector<ValueType> ReadOp::infer(std::span<const ValueType>) const {
  return {variable_->type()};
}

std::string ReadOp::parameters() const {
  return fmt::format("{} {}", variable_->name(), static_cast<const void*>(variable_.get()));
}

std::vector<ValueType> AssignOp::infer(std::span<const ValueType> inputs) const {
  const ValueType expected = variable_->type();
  if (!(inputs[0] == expected))
    fail("assign", "variable '{}' is {}, the value assigned to it is {}", variable_->name(),
         to_string(expected), to_string(inputs[0]));
  return {expected};
}

std::vector<ValueType> PhaseOp::infer(std::span<const ValueType> inputs) const {
  if (!(inputs[0] == inputs[1]))
    fail("in_training", "both sides must be alike, got {} and {}", to_string(inputs[0]),
         to_string(inputs[1]));
  return {inputs[0]};
}

std::vector<Value> PhaseOp::gradient(const std::shared_ptr<Node>&,
                                     std::span<const Value> output_gradients) const {
  // Gradients are taken of steps that train.
  return {output_gradients[0], Value()};
}

namespace {

thread_local std::optional<bool> fixed_phase;

}  // namespace

FixedPhase::FixedPhase(std::optional<bool> training) : outer_(fixed_phase) {
  if (training) fixed_phase = training;
}
FixedPhase::~FixedPhase() { fixed_phase = outer_; }

Value in_training(const Value& training, const Value& otherwise) {
  if (fixed_phase) return *fixed_phase ? training : otherwise;
  return make_node(std::make_shared<PhaseOp>(), {training, otherwise});
}

std::vector<ValueType> SumRowsOp::infer(std::span<const ValueType> inputs) const {
  ValueType type = inputs[0];
  type.kind = ValueKind::same;
  return {type};
}

std::vector<Value> SumRowsOp::gradient(const std::shared_ptr<Node>&,
                                       std::span<const Value> output_gradients) const {
  // Each root's part of the sum has the whole sum's gradient.
  return {sum_rows(output_gradients[0])};
}

Value sum_rows(const Value& partial) {
  if (partial.kind() != ValueKind::partial) return partial;
  return make_node(std::make_shared<SumRowsOp>(), {partial});
}

Value row_count() { return make_node(std::make_shared<RowCountOp>(), {}); }

Value stop_gradient(const Value& value) {
  return make_node(std::make_shared<StopGradientOp>(), {value});
}

}  // namespace tutti
