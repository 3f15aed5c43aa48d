// Passes from graph to graph that come before an Executable, in the order lower() runs them. None
// changes a bit of what is computed, but for select_phase, which chooses it.
#pragma once

#include "core/graph/graph.h"

namespace tutti {

// in_training(a, b) becomes a or b.
Graph select_phase(const Graph& graph, bool training);
// Drops views that change nothing and computes what only small constants feed.
Graph fold_constants(const Graph& graph);
// Equal nodes become one.
Graph merge_common(const Graph& graph);
// Elementwise nodes of one shape become "fused" nodes, which run in one pass over memory.
Graph fuse_elementwise(const Graph& graph);
// A fused node that is the only user of a product becomes the product's epilogue.
Graph fuse_epilogues(const Graph& graph);

Graph lower(const Graph& graph, bool training);

}  // namespace tutti
