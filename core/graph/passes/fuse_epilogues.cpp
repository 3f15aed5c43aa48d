#include <unordered_map>

#include "core/graph/passes/passes.h"
#include "core/graph/program.h"

namespace tutti {
namespace {

// The same program with input `first` moved to register 0.
Program with_first_input(const Program& program, size_t first) {
  Program moved = program;
  const auto reg = [first](int old) {
    const auto at = static_cast<size_t>(old);
    return at == first ? 0 : at < first ? old + 1 : old;
  };
  moved.inputs.erase(moved.inputs.begin() + static_cast<int64_t>(first));
  moved.inputs.insert(moved.inputs.begin(), program.inputs[first]);
  for (auto& instruction : moved.instructions)
    for (int& argument : instruction.arguments) argument = reg(argument);
  for (int& output : moved.outputs) output = reg(output);
  return moved;
}

// The register of the buffer input number `buffer`: immediates have registers but no buffers.
size_t register_of_buffer(const Program& program, size_t buffer) {
  for (size_t i = 0; i < program.inputs.size(); ++i)
    if (!program.inputs[i].immediate && buffer-- == 0) return i;
  return 0;
}

// A product makes tiles of its own rows and columns: the program must see these, or no columns.
bool follows_tiles(const Program& program, const Shape& product) {
  return program.columns == 1 || program.columns == product[-1];
}

}  // namespace

Graph fuse_epilogues(const Graph& graph) {
  const auto order = topological_order(graph);
  std::unordered_map<const Node*, std::vector<const Node*>> users;
  for (const auto& node : order)
    for (const auto& input : node->inputs) users[input.node().get()].push_back(node.get());
  for (const auto* values : {&graph.outputs, &graph.effects})
    for (const auto& value : *values) users[value.node().get()].push_back(nullptr);

  return rewrite(graph, [&](const auto& node, const auto& inputs) -> std::vector<Value> {
    const auto* fused = dynamic_cast<const FusedOp*>(node->op.get());
    if (!fused) return {};
    for (size_t i = 0; i < node->inputs.size(); ++i) {
      const Node* producer = node->inputs[i].node().get();
      const size_t first = register_of_buffer(fused->program(), i);
      if (users[producer].size() != 1 || producer->outputs.size() != 1 ||
          producer->outputs[0].kind == ValueKind::partial ||
          fused->program().inputs[first].access != Access::full ||
          !follows_tiles(fused->program(), producer->outputs[0].shape))
        continue;
      auto epilogue = std::make_shared<const Program>(with_first_input(fused->program(), first));
      auto op = producer->op->with_epilogue(std::move(epilogue));
      if (!op) continue;
      std::vector<Value> all = inputs[i].node()->inputs;
      for (size_t j = 0; j < inputs.size(); ++j)
        if (j != i) all.push_back(inputs[j]);
      auto outputs = make_node_outputs(std::move(op), std::move(all));
      outputs[0].node()->scope = node->scope;
      return outputs;
    }
    return {};
  });
}

}  // namespace tutti
