#include "core/base/shard_layout.h"

#include <algorithm>

namespace tutti {

Range part_of(int64_t total, int64_t parts, int64_t i) {
  // floor(i total / parts) without the overflow of i total.
  const int64_t quotient = total / parts, rest = total % parts;
  const auto edge = [&](int64_t at) { return quotient * at + rest * at / parts; };
  return {edge(i), edge(i + 1)};
}

std::vector<TreeNode> roots_of(Range owned, int64_t shards) {
  std::vector<TreeNode> roots;
  for (int64_t at = owned.begin; at < owned.end;) {
    int64_t width = 1;
    // Grow while the node stays aligned and what it covers (cut at S) stays inside the owned range.
    while (at % (2 * width) == 0 && std::min(at + 2 * width, shards) <= owned.end &&
           at + width < shards)
      width *= 2;
    roots.push_back({at, std::min(at + width, shards)});
    at = roots.back().end;
  }
  return roots;
}

int64_t default_shards(int64_t batch) {
  int64_t shards = 1;
  while (shards * 2 <= std::min<int64_t>(8, batch)) shards *= 2;
  return shards;
}

Range ShardLayout::owned_shards() const { return part_of(shards, world, rank); }
Range ShardLayout::rows_of(int64_t shard) const { return part_of(batch, shards, shard); }
Range ShardLayout::owned_rows() const {
  const Range owned = owned_shards();
  return {part_of(batch, shards, owned.begin).begin, part_of(batch, shards, owned.end).begin};
}

}  // namespace tutti
