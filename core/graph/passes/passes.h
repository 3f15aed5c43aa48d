// Passes from graph to graph that come before an Executable, in the order lower() runs them. None
// changes a bit of what is computed, but for select_phase, which chooses it, and expand_composites,
// which rounds as the device's ops do.
#pragma once

#include "core/base/shard_layout.h"
#include "core/device/device.h"
#include "core/graph/graph.h"

namespace tutti {

// in_training(a, b) becomes a or b.
Graph select_phase(const Graph& graph, bool training);
// Ops without a kernel for the device become their definitions, where they have one.
Graph expand_composites(const Graph& graph, DeviceKind device);
// Ops on halves (bf16, f16) compute in f32 from what they are given, and each result is rounded
// once: sums inside an op are of f32. Sums over rows stay f32 (make_node).
Graph widen_halves(const Graph& graph);
// Drops views that change nothing and computes what only small constants feed.
Graph fold_constants(const Graph& graph);
// Equal nodes become one.
Graph merge_common(const Graph& graph);
// Elementwise nodes of one shape become "fused" nodes, which run in one pass over memory.
Graph fuse_elementwise(const Graph& graph);
// A fused node that is the only user of a product becomes the product's epilogue.
Graph fuse_epilogues(const Graph& graph);

Graph lower(const Graph& graph, bool training, DeviceKind device = DeviceKind::cpu);

// After lower(), for a rank whose rows do not fit in memory at once: what it does to rows becomes a
// node for each of its passes over its shards, and the sums of the passes are added as those of
// ranks are (shard_passes.h). Rows that wait for a meeting of the ranks are another round of
// passes, which computes again what it needs of the rounds before; rows that ranks exchange whole
// are not split. The collectives keep one order, whatever shards a rank owns. No bit changes.
Graph split_shards(const Graph& graph, const ShardLayout& layout, int passes);

}  // namespace tutti
