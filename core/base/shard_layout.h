// Who owns which rows of a batch, and in which order sums over rows are added.
//
// A batch of B rows is cut into S logical shards; shard s owns rows [floor(sB/S), floor((s+1)B/S)).
// Rank r of W owns shards [floor(rS/W), floor((r+1)S/W)). Sums go over rows inside a shard, then
// over shards in one binary tree: node (level k, i) covers shards [i 2^k, (i+1) 2^k) cut at S, and
// is left + right, or left alone where the right side is empty. A rank that owns shards [a, b) can
// finish the maximal nodes inside [a, b): its *roots*, in ascending order.
#pragma once

#include <cstdint>
#include <vector>

namespace tutti {

struct Range {
  int64_t begin = 0, end = 0;
  int64_t size() const { return end - begin; }
  bool operator==(const Range&) const = default;
};

// The i-th of n nearly equal parts of [0, total): [floor(i total / n), floor((i+1) total / n)).
Range part_of(int64_t total, int64_t parts, int64_t i);

// A node of the summation tree: shards [begin, end) of S.
using TreeNode = Range;

// The maximal tree nodes inside shards [owned.begin, owned.end) of `shards`.
std::vector<TreeNode> roots_of(Range owned, int64_t shards);

// The default number of shards: the largest power of two <= min(8, batch).
int64_t default_shards(int64_t batch);

// A tree of more is refused: no batch is cut finer, and its nodes are walked one by one.
inline constexpr int64_t kMostShards = int64_t{1} << 16;

struct ShardLayout {
  int64_t batch = 1;   // rows of the global batch
  int64_t shards = 1;  // S
  int rank = 0, world = 1;

  Range owned_shards() const;          // of this rank
  Range owned_rows() const;            // of this rank, in the global batch
  Range rows_of(int64_t shard) const;  // in the global batch
  std::vector<TreeNode> roots() const { return roots_of(owned_shards(), shards); }
  bool operator==(const ShardLayout&) const = default;
};

// Folds `count` leaves in tree order. leaf(i) starts the partial of leaf i, add(dst, src) adds
// partial src into dst; both name scratch levels 0..63. The result is left in level 0.
template <typename Leaf, typename Add>
void fold_tree(int64_t count, Leaf&& leaf, Add&& add) {
  // A binary counter: after leaf i the stack holds one finished subtree per set bit of i + 1, as
  // the tree cut at `count` has it; the tail is folded from the right.
  int depth = 0;
  for (int64_t i = 0; i < count; ++i) {
    leaf(i, depth++);
    for (int64_t filled = i + 1; (filled & 1) == 0; filled >>= 1, --depth)
      add(depth - 2, depth - 1);
  }
  for (; depth > 1; --depth) add(depth - 2, depth - 1);
}

}  // namespace tutti
