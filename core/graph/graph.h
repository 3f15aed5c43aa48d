// Graph: what a computation takes and gives, and the two ways to walk it.
#pragma once

#include <functional>
#include <unordered_map>
#include <vector>

#include "core/graph/value.h"

namespace tutti {

struct Graph {
  std::vector<Value> inputs;   // placeholders, in the order they are fed
  std::vector<Value> outputs;  // values wanted after a run
  std::vector<Value> effects;  // assigns and collectives wanted for what they do, in trace order
};

using ValueMap = std::unordered_map<Value, Value, ValueHash>;

// Every node that `wanted` needs, each after its inputs; depends on the graph's structure alone.
std::vector<std::shared_ptr<Node>> topological_order(const std::vector<Value>& wanted);
std::vector<std::shared_ptr<Node>> topological_order(const Graph& graph);

// Rebuilds a graph bottom-up. `replace(node, inputs)` gets a node and its already rebuilt inputs
// and returns its outputs, or nothing to keep the node (copied if its inputs changed). `known`
// seeds the map from old to new values and holds all of them afterwards.
using ReplaceNode =
    std::function<std::vector<Value>(const std::shared_ptr<Node>&, const std::vector<Value>&)>;
Graph rewrite(const Graph& graph, const ReplaceNode& replace, ValueMap known = {});

// A node made again on other inputs: a read takes the current version of the trace, a random node a
// call site of its own. The node itself where nothing changes.
std::vector<Value> remake(const std::shared_ptr<Node>& node, std::vector<Value> inputs);

}  // namespace tutti
