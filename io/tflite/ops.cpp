// Layers that have no operator of their own, as the elementwise ops that they consist of.
#include <map>
#include <unordered_map>

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "io/tflite/emitters.h"

namespace tutti::tflite {
namespace {

const std::map<std::string_view, Op> kOps = {
    {"add", Op::ADD},          {"sub", Op::SUB},         {"mul", Op::MUL},
    {"maximum", Op::MAXIMUM},  {"minimum", Op::MINIMUM}, {"relu", Op::RELU},
    {"sigmoid", Op::LOGISTIC}, {"tanh", Op::TANH},       {"exp", Op::EXP}};

class OpsOfALayer {
 public:
  explicit OpsOfALayer(const Emission& emission) : e_(emission) {
    for (size_t i = 0; i < e_.inputs.size(); ++i) known_[e_.call.inputs[i]] = e_.inputs[i];
  }

  Id operator()(const Value& value) {
    if (const auto found = known_.find(value); found != known_.end()) return found->second;
    const Id made = make(value);
    return known_[value] = made;
  }

 private:
  Id make(const Value& value) {
    const Node& node = *value.node();
    if (value.dtype() != DType::f32) refuse();
    if (const auto* constant = dynamic_cast<const ConstantOp*>(node.op.get()))
      return e_.writer.constant(constant->tensor().to(DType::f32));
    if (const auto* read = dynamic_cast<const ReadOp*>(node.op.get()))
      return e_.writer.constant(read->variable()->value());
    if (dynamic_cast<const PhaseOp*>(node.op.get())) return (*this)(node.inputs[1]);
    if (node.op->name() == "layer") return (*this)(node.inputs[0]);
    const auto op = kOps.find(node.op->name());
    if (op == kOps.end()) refuse();
    const Id a = (*this)(node.inputs[0]);
    if (node.inputs.size() == 1) return e_.writer.node(op->second, {a}, value.shape());
    return e_.binary(op->second, a, (*this)(node.inputs[1]), value.shape());
  }

  [[noreturn]] void refuse() const {
    e_.refuse(
        fmt::format("is a {}, which is not written to .tflite, where MLPs and CNNs are; write "
                    "the model as .onnx or .keras",
                    e_.call.layer->class_name()));
  }

  const Emission& e_;
  std::unordered_map<Value, Id, ValueHash> known_;
};

}  // namespace

Id emit_ops(const Emission& emission) {
  if (emission.call.outputs.size() != 1)
    emission.refuse("returns several values, which is not written to .tflite");
  return OpsOfALayer(emission)(emission.result);
}

}  // namespace tutti::tflite
