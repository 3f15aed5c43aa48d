#include "core/graph/graph.h"

#include <unordered_set>

#include "core/graph/builtin_ops.h"
#include "core/graph/random_op.h"

namespace tutti {

std::vector<std::shared_ptr<Node>> topological_order(const std::vector<Value>& wanted) {
  std::vector<std::shared_ptr<Node>> order;
  std::unordered_set<const Node*> seen;
  struct Frame {
    std::shared_ptr<Node> node;
    size_t next = 0;  // input to visit
  };
  std::vector<Frame> stack;
  const auto visit = [&](const Value& value) {
    if (value.defined() && seen.insert(value.node().get()).second) stack.push_back({value.node()});
  };
  for (const auto& value : wanted) {
    visit(value);
    while (!stack.empty()) {
      Frame& top = stack.back();
      if (top.next < top.node->inputs.size()) {
        visit(top.node->inputs[top.next++]);
      } else {
        order.push_back(std::move(top.node));
        stack.pop_back();
      }
    }
  }
  return order;
}

std::vector<std::shared_ptr<Node>> topological_order(const Graph& graph) {
  std::vector<Value> wanted = graph.outputs;
  wanted.insert(wanted.end(), graph.effects.begin(), graph.effects.end());
  return topological_order(wanted);
}

namespace {

Value mapped(const ValueMap& map, const Value& value) {
  const auto found = map.find(value);
  return found == map.end() ? value : found->second;
}

void rewrite_nodes(const std::vector<std::shared_ptr<Node>>& order, const ReplaceNode& replace,
                   ValueMap& map) {
  for (const auto& node : order) {
    if (map.contains(Value(node, 0))) continue;
    std::vector<Value> inputs;
    bool changed = false;
    for (const auto& input : node->inputs) {
      inputs.push_back(mapped(map, input));
      changed = changed || !(inputs.back() == input);
    }
    std::vector<Value> outputs = replace(node, inputs);
    if (outputs.empty()) {
      if (!changed) continue;
      outputs = make_node_outputs(node->op, std::move(inputs));
      outputs[0].node()->scope = node->scope;
    }
    for (size_t i = 0; i < outputs.size(); ++i) map[Value(node, static_cast<int>(i))] = outputs[i];
  }
}

}  // namespace

Graph rewrite(const Graph& graph, const ReplaceNode& replace, ValueMap known) {
  rewrite_nodes(topological_order(graph), replace, known);
  Graph result;
  for (const auto& value : graph.inputs) result.inputs.push_back(mapped(known, value));
  for (const auto& value : graph.outputs) result.outputs.push_back(mapped(known, value));
  for (const auto& value : graph.effects) result.effects.push_back(mapped(known, value));
  return result;
}

std::vector<Value> substitute(const std::vector<Value>& outputs, const ValueMap& inputs) {
  ValueMap map = inputs;
  const ReplaceNode replace = [](const std::shared_ptr<Node>& node,
                                 const std::vector<Value>& rebuilt) -> std::vector<Value> {
    if (const auto* read = dynamic_cast<const ReadOp*>(node->op.get()))
      return {read->variable()->read()};
    if (const auto* random = dynamic_cast<const RandomOp*>(node->op.get()))
      return make_node_outputs(random->with_call_site(next_call_site(random->seed())), rebuilt);
    return {};
  };
  // Stop at the substituted values: what lies before them is not part of the new graph.
  std::vector<std::shared_ptr<Node>> order;
  {
    std::unordered_set<const Node*> replaced;
    for (const auto& [value, to] : inputs) replaced.insert(value.node().get());
    std::unordered_set<const Node*> needed;
    std::vector<const Node*> stack;
    const auto need = [&](const Node* node) {
      if (!replaced.contains(node) && needed.insert(node).second) stack.push_back(node);
    };
    for (const auto& output : outputs) need(output.node().get());
    while (!stack.empty()) {
      const Node* node = stack.back();
      stack.pop_back();
      for (const auto& input : node->inputs) need(input.node().get());
    }
    for (auto& node : topological_order(outputs))
      if (needed.contains(node.get())) order.push_back(node);
  }
  rewrite_nodes(order, replace, map);
  std::vector<Value> result;
  for (const auto& output : outputs) result.push_back(mapped(map, output));
  return result;
}

}  // namespace tutti
