#include "core/graph/shard_passes.h"

#include <algorithm>

namespace tutti {

std::vector<ShardLayout> passes_of(const ShardLayout& layout, int passes) {
  std::vector<ShardLayout> result;
  for (int pass = 0; pass < passes; ++pass) {
    ShardLayout place = layout;
    place.rank = layout.rank * passes + pass;
    place.world = layout.world * passes;
    if (place.owned_shards().size() > 0) result.push_back(place);
  }
  return result;
}

int64_t most_passes(const ShardLayout& layout) {
  return (layout.shards + layout.world - 1) / layout.world;
}

std::vector<RootMove> root_moves(Range before, Range pass, int64_t shards) {
  std::vector<TreeNode> roots = roots_of(before, shards);
  const auto siblings = [&](const TreeNode& left, const TreeNode& right) {
    return roots_of({left.begin, right.end}, shards).size() == 1;
  };
  std::vector<RootMove> moves;
  const auto of_pass = roots_of(pass, shards);
  for (size_t i = 0; i < of_pass.size(); ++i) {
    const bool adds = !roots.empty() && siblings(roots.back(), of_pass[i]);
    if (adds)
      roots.back().end = of_pass[i].end;
    else
      roots.push_back(of_pass[i]);
    moves.push_back({roots.size() - 1, i, true, adds});
    // A finished subtree may be what its left neighbour waits for.
    for (size_t n = roots.size(); n > 1 && siblings(roots[n - 2], roots[n - 1]); --n) {
      roots[n - 2].end = roots[n - 1].end;
      roots.pop_back();
      moves.push_back({n - 2, n - 1, false, true});
    }
  }
  return moves;
}

size_t root_places(const ShardLayout& layout, int passes) {
  if (passes == 1) return layout.roots().size();
  size_t places = 0;
  const Range owned = layout.owned_shards();
  for (const auto& place : passes_of(layout, passes)) {
    const Range pass = place.owned_shards();
    for (const auto& move : root_moves({owned.begin, pass.begin}, pass, layout.shards))
      places = std::max(places, move.to + 1);
  }
  return places;
}

}  // namespace tutti
