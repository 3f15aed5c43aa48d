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

// The outputs recomputed on other inputs: shared layers, nested models, a model cut at a layer.
// Reads take the current version of the trace; random nodes get call sites of their own.
std::vector<Value> substitute(const std::vector<Value>& outputs, const ValueMap& inputs);

}  // namespace tutti
