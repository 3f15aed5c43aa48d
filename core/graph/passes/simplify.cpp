#include <map>
#include <string>
#include <tuple>

#include "core/base/shard_layout.h"
#include "core/graph/builtin_ops.h"
#include "core/graph/kernel.h"
#include "core/graph/passes/passes.h"
#include "core/graph/reducer.h"

namespace tutti {
namespace {

constexpr int64_t kFoldElements = 4096;

bool foldable(const Node& node, const std::vector<Value>& inputs) {
  if (!node.op->pure() || node.op->collective() || node.op->view() || inputs.empty()) return false;
  for (const auto& input : inputs)
    if (!constant_of(input)) return false;
  for (const auto& output : node.outputs)
    if (output.kind != ValueKind::same || output.shape.elements() > kFoldElements) return false;
  return has_kernel(node.op->name(), DeviceKind::cpu);
}

// Runs one node on host constants.
std::vector<Value> fold(const Node& node, const std::vector<Value>& inputs) {
  KernelRequest request;
  request.op = node.op.get();
  request.outputs = node.outputs;
  request.shard_rows = {0, 1};
  request.roots = {{0, 1}};
  request.input_root_stride.assign(inputs.size(), 0);
  request.output_root_stride.assign(node.outputs.size(), 0);
  request.reducer = &local_reducer();
  std::vector<void*> in, out;
  for (const auto& input : inputs) {
    request.inputs.push_back(input.type());
    in.push_back(constant_of(input)->raw());
  }
  std::vector<Tensor> results;
  for (const auto& output : node.outputs) {
    results.push_back(Tensor::empty(output.shape, output.dtype));
    out.push_back(results.back().raw());
  }
  const auto kernel = make_kernel(request, DeviceKind::cpu);
  Storage workspace(cpu_device(), kernel->workspace_bytes() + 1);
  StepContext step;
  KernelCall call{in.data(), out.data(), &step, nullptr, workspace.bytes(), 0};
  for (; call.phase < kernel->phases(); ++call.phase)
    for (int64_t tile = 0; tile < kernel->tiles_of(call.phase); ++tile) kernel->run(call, tile);
  return {results.begin(), results.end()};
}

}  // namespace

Graph select_phase(const Graph& graph, bool training) {
  return rewrite(graph, [training](const auto& node, const auto& inputs) -> std::vector<Value> {
    if (dynamic_cast<const PhaseOp*>(node->op.get())) return {inputs[training ? 0 : 1]};
    return {};
  });
}

Graph fold_constants(const Graph& graph) {
  return rewrite(graph, [](const auto& node, const auto& inputs) -> std::vector<Value> {
    if (node->op->view() && node->outputs[0] == inputs[0].type()) return {inputs[0]};
    if (foldable(*node, inputs)) return fold(*node, inputs);
    return {};
  });
}

Graph merge_common(const Graph& graph) {
  using Key = std::tuple<std::string, std::string, std::vector<std::pair<const Node*, int>>>;
  std::map<Key, std::vector<Value>> seen;
  return rewrite(graph, [&](const auto& node, const auto& inputs) -> std::vector<Value> {
    const bool constant = dynamic_cast<const ConstantOp*>(node->op.get()) != nullptr;
    if (!node->op->pure() && !constant) return {};
    Key key{std::string(node->op->name()), node->op->parameters(), {}};
    for (const auto& input : inputs)
      std::get<2>(key).emplace_back(input.node().get(), input.output());
    auto& found = seen[key];
    if (found.empty()) found = make_node_outputs(node->op, inputs);
    return found;
  });
}

Graph expand_composites(const Graph& graph, DeviceKind device) {
  return rewrite(graph, [device](const auto& node, const auto& inputs) -> std::vector<Value> {
    if (has_kernel(node->op->name(), device)) return {};
    return node->op->composite(inputs);
  });
}

Graph lower(const Graph& graph, bool training, DeviceKind device) {
  const Graph runnable = expand_composites(select_phase(graph, training), device);
  return fuse_epilogues(fuse_elementwise(merge_common(fold_constants(widen_halves(runnable)))));
}

}  // namespace tutti
