// A rank that runs its shards in several passes, because their values do not fit in memory at once,
// is as many ranks of a larger world, one after another: a pass owns shards as a rank does
// (core/base/shard_layout.h), and their sums are added in the same tree.
#pragma once

#include <vector>

#include "core/base/shard_layout.h"
#include "core/graph/op.h"

namespace tutti {

// The places of a rank's passes in a world of as many ranks; without those that own no shard.
std::vector<ShardLayout> passes_of(const ShardLayout& layout, int passes);
// The most passes of which each can own a shard, on the rank that owns most.
int64_t most_passes(const ShardLayout& layout);

// How the sums of shards [a, m) and those of a pass over [m, b) become the sums of [a, b): in
// order, root `to` = its old elements + `from`, or `from` alone. `from` is a root of the pass, or
// of the sums themselves.
struct RootMove {
  size_t to = 0, from = 0;
  bool of_pass = true, adds = false;
};
std::vector<RootMove> root_moves(Range before, Range pass, int64_t shards);
// Roots that sums take while passes are added to them, the last of them included.
size_t root_places(const ShardLayout& layout, int passes);

// The rows of a pass among the rank's.
class PassRowsOp final : public Op {
 public:
  std::string_view name() const override { return "pass_rows"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override {
    return {inputs[0]};
  }
  bool view() const override { return true; }
};

// (partial of a pass) or (partial of the passes before it, in whose memory the result lies; partial
// of a pass) -> partial of all these. Linear: the tree's own additions.
class AddRootsOp final : public Op {
 public:
  AddRootsOp(Range before, Range pass, int64_t shards) : moves_(root_moves(before, pass, shards)) {}
  std::string_view name() const override { return "add_roots"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override {
    return {inputs[0]};
  }
  bool linear_in(size_t, std::span<const ValueType>) const override { return true; }
  bool pure() const override { return false; }
  const std::vector<RootMove>& moves() const { return moves_; }

 private:
  std::vector<RootMove> moves_;
};

}  // namespace tutti
