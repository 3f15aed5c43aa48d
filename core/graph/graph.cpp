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

// What takes a node's place was made by the same layer.
std::vector<Value> replaced(const std::shared_ptr<Node>& node, const std::vector<Value>& inputs,
                            const ReplaceNode& replace) {
  if (node->scope.empty()) return replace(node, inputs);
  const NodeScope scope(node->scope);
  return replace(node, inputs);
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
    std::vector<Value> outputs = replaced(node, inputs, replace);
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

std::vector<Value> remake(const std::shared_ptr<Node>& node, std::vector<Value> inputs) {
  if (const auto* read = dynamic_cast<const ReadOp*>(node->op.get()))
    return {read->variable()->read()};
  const auto* random = dynamic_cast<const RandomOp*>(node->op.get());
  std::vector<Value> outputs;
  if (!random && inputs == node->inputs) {
    for (size_t i = 0; i < node->outputs.size(); ++i)
      outputs.emplace_back(node, static_cast<int>(i));
    return outputs;
  }
  outputs =
      make_node_outputs(random ? random->with_call_site(next_call_site(random->seed())) : node->op,
                        std::move(inputs));
  outputs[0].node()->scope = node->scope;
  return outputs;
}

}  // namespace tutti
