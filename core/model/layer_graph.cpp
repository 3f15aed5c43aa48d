#include "core/model/layer_graph.h"

#include <algorithm>

#include "core/layers/input_layer.h"
#include "core/layers/layer_output.h"

namespace tutti {

LayerGraph::LayerGraph(const std::vector<Value>& inputs, const std::vector<Value>& outputs) {
  // An input may be what an inner layer of another model returns: that layer is no part of this
  // one.
  for (const auto& input : inputs) {
    const auto call = layer_call_of(input);
    if (call && !std::dynamic_pointer_cast<InputLayer>(call->layer)) inputs_.insert(input);
  }
  for (const auto& output : outputs)
    for (const Feeder& end : feeders_of(output)) visit(end.call);
  // Inputs that no output needs are listed too, beside the last layers and before them.
  for (auto input = inputs.rbegin(); input != inputs.rend(); ++input) {
    const auto call = layer_call_of(*input);
    if (!call || inputs_.contains(*input) || !place_.try_emplace(call.get(), calls_.size()).second)
      continue;
    calls_.push_back({call.get(), {}, 0});
    met_.insert(met_.begin(), call->layer);
  }
  measure_depths();
}

// The layers' outputs that a value comes from: itself, or through bare ops those of their inputs.
std::vector<LayerGraph::Feeder> LayerGraph::feeders_of(const Value& value) const {
  std::vector<Feeder> feeders;
  std::unordered_set<Value, ValueHash> seen;
  std::vector<Value> stack{value};
  while (!stack.empty()) {
    const Value at = stack.back();
    stack.pop_back();
    if (inputs_.contains(at) || !seen.insert(at).second) continue;
    if (const auto* mark = dynamic_cast<const LayerOutputOp*>(at.node()->op.get()))
      feeders.push_back({mark->call().get(), mark->output()});
    else
      stack.insert(stack.end(), at.node()->inputs.rbegin(), at.node()->inputs.rend());
  }
  return feeders;
}

// Depth first with a stack of its own: a model may be deeper than the machine's.
void LayerGraph::visit(const LayerCall* root) {
  struct Frame {
    Node node;
    size_t next = 0;
  };
  std::vector<Frame> stack;
  const auto enter = [&](const LayerCall* call) {
    if (!place_.try_emplace(call, 0).second) return;
    if (std::find(met_.begin(), met_.end(), call->layer) == met_.end()) met_.push_back(call->layer);
    Frame frame{{call, {}, 0}};
    for (const auto& input : call->inputs)
      for (const Feeder& feeder : feeders_of(input)) frame.node.feeders.push_back(feeder);
    stack.push_back(std::move(frame));
  };
  enter(root);
  while (!stack.empty()) {
    Frame& top = stack.back();
    if (top.next < top.node.feeders.size()) {
      enter(top.node.feeders[top.next++].call);
    } else {
      place_[top.node.call] = calls_.size();
      calls_.push_back(std::move(top.node));
      stack.pop_back();
    }
  }
}

void LayerGraph::measure_depths() {
  std::unordered_map<const Layer*, int> of_layer;
  for (auto node = calls_.rbegin(); node != calls_.rend(); ++node) {
    // A shared layer stands where its farthest call does.
    int& depth = of_layer[node->call->layer.get()];
    depth = node->depth = std::max(node->depth, depth);
    for (const Feeder& feeder : node->feeders) {
      Node& before = calls_[place_.at(feeder.call)];
      before.depth = std::max(before.depth, node->depth + 1);
    }
  }
}

std::vector<std::shared_ptr<Layer>> LayerGraph::layers() const {
  std::unordered_map<const Layer*, int> depth;
  for (const Node& node : calls_) {
    int& farthest = depth[node.call->layer.get()];
    farthest = std::max(farthest, node.depth);
  }
  std::vector<std::shared_ptr<Layer>> sorted = met_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](const auto& a, const auto& b) { return depth[a.get()] > depth[b.get()]; });
  return sorted;
}

}  // namespace tutti
