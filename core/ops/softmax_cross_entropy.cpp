#include "core/ops/softmax_cross_entropy.h"

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/graph/elementwise.h"
#include "core/graph/gradient.h"
#include "core/ops/broadcast_to.h"
#include "core/ops/cast.h"
#include "core/ops/one_hot.h"
#include "core/ops/op_checks.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"
#include "core/ops/softmax.h"

namespace tutti {
namespace {

constexpr const char* kCrossEntropy = "softmax_cross_entropy";

Shape without_last(const Shape& shape) {
  std::vector<int64_t> dims = shape.dims();
  dims.pop_back();
  return Shape(std::move(dims));
}

bool sparse_target(const ValueType& target) { return target.dtype == DType::i64; }

// The target as weights of the classes.
Value dense_target(const Value& logits, const Value& target) {
  return sparse_target(target.type()) ? cast(one_hot(target, logits.shape()[-1]), logits.dtype())
                                      : target;
}

Value times(const Value& a, const Value& b) { return elementwise("mul", {a, b}); }

void check_target(const ValueType& logits, const ValueType& target) {
  const int least_rank = logits.kind == ValueKind::row ? 2 : 1;
  require_floating(kCrossEntropy, logits);
  if (logits.shape.rank() < least_rank || logits.shape[-1] == 0)
    fail(kCrossEntropy, "logits {} have no classes; the last axis needs one element or more",
         to_string(logits.shape));
  if (logits.kind != target.kind)
    fail(kCrossEntropy,
         "logits {} and target {} are of different kinds; both must be rows or neither",
         to_string(logits), to_string(target));
  const bool sparse = sparse_target(target);
  if (!sparse && target.dtype != logits.dtype)
    fail(kCrossEntropy,
         "logits {} and target {}: a target is int64 labels or has the logits' type; cast it",
         to_string(logits), to_string(target));
  if (target.shape != (sparse ? without_last(logits.shape) : logits.shape))
    fail(kCrossEntropy, "logits {} do not fit target {}; {}", to_string(logits.shape),
         to_string(target.shape),
         sparse ? "labels have the logits' shape without the last axis"
                : "both must have one shape (labels as integers are int64)");
}

}  // namespace

std::vector<ValueType> SoftmaxCrossEntropyOp::infer(std::span<const ValueType> inputs) const {
  require_inputs(kCrossEntropy, inputs, 2);
  check_target(inputs[0], inputs[1]);
  const ValueType row{inputs[0].dtype, without_last(inputs[0].shape), inputs[0].kind};
  return {row, inputs[0]};
}

std::vector<Value> SoftmaxCrossEntropyOp::gradient(const std::shared_ptr<Node>& node,
                                                   std::span<const Value> output_gradients) const {
  const Value &logits = node->inputs[0], &target = node->inputs[1];
  const Value &dy = output_gradients[0], &d_spread = output_gradients[1], spread(node, 1);
  Value d_logits;
  if (dy.defined())
    d_logits = make_node(std::make_shared<SoftmaxCrossEntropyGradientOp>(), {spread, target, dy});
  if (d_spread.defined()) {
    const Value through = softmax_gradient(spread, d_spread);
    d_logits = d_logits.defined() ? tutti::elementwise("add", {d_logits, through}) : through;
  }
  if (!dy.defined() || sparse_target(target.type())) return {d_logits, Value()};
  return {d_logits, tutti::elementwise("neg", {times(log_softmax(logits), expand_dims(dy, -1))})};
}

std::vector<Value> SoftmaxCrossEntropyOp::composite(std::span<const Value> inputs) const {
  const Value& logits = inputs[0];
  const Value shifted = tutti::elementwise("sub", {logits, reduce_max(logits, {-1}, true)});
  const Value exponent = tutti::elementwise("exp", {shifted});
  const Value sum = reduce_sum(exponent, {-1}, true);
  const Value surprise = tutti::elementwise("sub", {tutti::elementwise("log", {sum}), shifted});
  return {reduce_sum(times(dense_target(logits, inputs[1]), surprise), {-1}),
          tutti::elementwise("div", {exponent, sum})};
}

std::vector<ValueType> SoftmaxCrossEntropyGradientOp::infer(
    std::span<const ValueType> inputs) const {
  require_inputs("softmax_cross_entropy_gradient", inputs, 3);
  check_target(inputs[0], inputs[1]);
  return {inputs[0]};
}

std::vector<Value> SoftmaxCrossEntropyGradientOp::composite(std::span<const Value> inputs) const {
  const Value &spread = inputs[0], &dy = inputs[2];
  const Value target = dense_target(spread, inputs[1]);
  const Value weight = reduce_sum(target, {-1}, true);
  return {times(tutti::elementwise("sub", {times(spread, weight), target}), expand_dims(dy, -1))};
}

std::vector<Value> SoftmaxCrossEntropyGradientOp::gradient(
    const std::shared_ptr<Node>& node, std::span<const Value> output_gradients) const {
  if (!output_gradients[0].defined()) return std::vector<Value>(3);
  // Through the definition, on stand-ins so that the walk ends at this node's inputs.
  std::vector<Value> stand_ins;
  for (const auto& input : node->inputs) stand_ins.push_back(stop_gradient(input));
  const auto found = split_gradients(composite(stand_ins), {output_gradients[0]}, stand_ins);
  std::vector<Value> results;
  for (const auto& gradient : found) results.push_back(gradient.total());
  return results;
}

Value softmax_cross_entropy(const Value& logits, const Value& target) {
  const bool integer = !is_floating(target.dtype()) && target.dtype() != DType::bool_;
  return make_node(std::make_shared<SoftmaxCrossEntropyOp>(),
                   {logits, integer ? cast(target, DType::i64) : target});
}

}  // namespace tutti
