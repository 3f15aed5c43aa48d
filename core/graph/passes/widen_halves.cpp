#include "core/graph/elementwise.h"
#include "core/graph/passes/passes.h"

namespace tutti {
namespace {

bool any_half(const std::vector<Value>& values) {
  for (const auto& value : values)
    if (is_half(value.dtype())) return true;
  return false;
}

}  // namespace

// Elementwise ops do so within their kernels, views and assigns compute nothing.
Graph widen_halves(const Graph& graph) {
  return rewrite(graph, [](const auto& node, const auto& inputs) -> std::vector<Value> {
    const Op& op = *node->op;
    if (op.elementwise() || op.view() || op.input_place() || !any_half(inputs)) return {};
    std::vector<Value> wide;
    for (const auto& input : inputs)
      wide.push_back(is_half(input.dtype()) ? cast(input, DType::f32) : input);
    auto outputs = make_node_outputs(node->op, std::move(wide));
    outputs[0].node()->scope = node->scope;
    for (size_t i = 0; i < outputs.size(); ++i)
      outputs[i] = cast(outputs[i], node->outputs[i].dtype);
    return outputs;
  });
}

}  // namespace tutti
