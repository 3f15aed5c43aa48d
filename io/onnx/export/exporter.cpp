#include "io/onnx/export/exporter.h"

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/layers/layer_output.h"
#include "core/model/repeat_calls.h"

namespace tutti::onnx {

// A layer's output: of its operator, or what its ops computed.
Exporter::Plan Exporter::make_plan(const Value& value) {
  const auto& node = value.node();
  const auto* mark = dynamic_cast<const LayerOutputOp*>(node->op.get());
  if (!mark) return plan_op(node);
  const LayerCall& call = *mark->call();
  if (call.layer->quantization())
    fail(call.layer->name(),
         "is quantized, which is not exported to ONNX; export the model before quantize(), or save "
         "it as .keras");
  const auto [known, is_new] = calls_.try_emplace(&call);
  if (is_new) known->second.first = call_emitter(call);
  auto& [emitter, outputs] = known->second;
  if (!emitter) return {node->inputs, nullptr, true};
  return {call.inputs,
          [this, &known = known->second, output = mark->output()](const Names& inputs) {
            if (known.second.empty()) known.second = known.first(graph_, *this, inputs);
            return Names{known.second.at(output)};
          }};
}

Exporter::Plan Exporter::plan_op(const std::shared_ptr<Node>& node) {
  const Op& op = *node->op;
  if (dynamic_cast<const PhaseOp*>(&op)) return {{node->inputs[1]}, nullptr, true};
  if (const auto* read = dynamic_cast<const ReadOp*>(&op))
    return {{}, [this, read](const Names&) { return Names{graph_.weight(*read->variable())}; }};
  if (const auto* constant = dynamic_cast<const ConstantOp*>(&op))
    return {{}, [this, constant, node = node.get()](const Names&) {
              return Names{graph_.constant(constant->tensor().to(node->outputs[0].dtype))};
            }};
  if (const auto* emitter = op_emitter(op.name()))
    return {node->inputs, [this, emitter, node = node.get()](const Names& inputs) {
              return (*emitter)(graph_, *node, inputs);
            }};
  const NodeScope scope(node->scope);
  auto composite = op.composite(node->inputs);
  if (composite.empty())
    fail(node->scope.empty() ? model_.name() : node->scope,
         "op '{}' has no form in ONNX; leave the layer out, or save the model as .keras",
         op.name());
  return {std::move(composite), nullptr, true};
}

const Exporter::Plan& Exporter::plan_of(const Value& value) {
  const auto found = plans_.find(value.node().get());
  if (found != plans_.end()) return found->second;
  return plans_.emplace(value.node().get(), make_plan(value)).first->second;
}

void Exporter::make(const Value& value, const Plan& plan) {
  graph_.set_scope(value.node()->scope);
  Names names;
  for (const auto& source : plan.sources) names.push_back(names_.at(source));
  if (!plan.alias) names = plan.write(names);
  for (size_t i = 0; i < names.size(); ++i)
    names_[Value(value.node(), static_cast<int>(i))] = names[i];
}

// With a stack of its own: a model may be deeper than the machine's.
const std::string& Exporter::write(const Value& wanted) {
  std::vector<Value> stack{wanted};
  while (!stack.empty()) {
    const Value value = stack.back();
    const size_t before = stack.size();
    if (!names_.contains(value)) {
      const auto& sources = plan_of(value).sources;
      for (auto source = sources.rbegin(); source != sources.rend(); ++source)
        if (!names_.contains(*source)) stack.push_back(*source);
    }
    if (stack.size() > before) continue;
    stack.pop_back();
    if (!names_.contains(value)) make(value, plan_of(value));
  }
  return names_.at(wanted);
}

// An activation that has no operator of its own is written by its ops, on a value that stands for
// what the layer's operator gives.
std::string Exporter::activate(const Ref<ActivationFunction>& activation, const std::string& x,
                               const Shape& shape) {
  if (!activation) return x;
  if (const auto* emitter = activation_emitter(*activation))
    return (*emitter)(graph_, *activation, x, shape.dims().size());
  const std::string scope = graph_.scope();
  const Value given = make_input("", shape);
  names_[given] = x;
  const NodeScope inside(scope);
  const std::string y = write((*activation)(given));
  graph_.set_scope(scope);
  return y;
}

GraphProto Exporter::graph() {
  ValueMap given;
  const auto input_names = model_.input_names();
  for (size_t i = 0; i < model_.inputs().size(); ++i) {
    const Value& input = model_.inputs()[i];
    const std::string name =
        input_names[i].empty() ? fmt::format("input_{}", i + 1) : input_names[i];
    given[input] = make_input(name, input.shape(), input.dtype());
    // What works on text says so itself, by its layer's name.
    names_[given[input]] = input.dtype() == DType::string ? name : graph_.input(name, input.type());
  }
  // Outside a trace: the model's own graph may hold what a step assigned.
  const auto outputs = repeat_calls(model_.outputs(), given).outputs;
  for (const auto& output : outputs) write(output);
  for (const auto& input : model_.inputs())
    if (input.dtype() == DType::string)
      fail(model_.name(),
           "takes text, which is not exported to ONNX; give it numbers, or save it as .keras");
  for (size_t i = 0; i < outputs.size(); ++i)
    graph_.output(names_.at(outputs[i]), model_.output_names()[i], outputs[i].type());
  return graph_.finish(model_.name());
}

}  // namespace tutti::onnx
