// Who owns which rows and in which order sums are added, against the definitions taken literally.
#include "core/base/shard_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>

namespace tutti {
namespace {

constexpr int64_t kMostShards = 17;
__extension__ typedef __int128 Wide;

// Node (level k, i) covers [i 2^k, (i+1) 2^k) cut at S; it is maximal inside `owned` if its parent
// is not inside. `node` begins at `begin` and would be `width` shards wide.
void collect_roots(int64_t begin, int64_t width, int64_t shards, Range owned,
                   std::vector<TreeNode>& roots) {
  const TreeNode node{begin, std::min(begin + width, shards)};
  if (node.begin >= node.end || node.end <= owned.begin || node.begin >= owned.end) return;
  if (node.begin >= owned.begin && node.end <= owned.end) {
    roots.push_back(node);
    return;
  }
  collect_roots(begin, width / 2, shards, owned, roots);
  collect_roots(begin + width / 2, width / 2, shards, owned, roots);
}

int64_t whole_width(int64_t shards) {
  int64_t width = 1;
  while (width < shards) width *= 2;
  return width;
}

// The sum of the tree as text: "((0+1)+2)".
std::string tree_text(int64_t begin, int64_t width, int64_t shards) {
  if (begin >= shards) return "";
  if (width == 1) return std::to_string(begin);
  const std::string left = tree_text(begin, width / 2, shards);
  const std::string right = tree_text(begin + width / 2, width / 2, shards);
  return right.empty() ? left : "(" + left + "+" + right + ")";
}

TEST(PartOf, IsTheFloorOfTheExactQuotient) {
  for (int64_t total = 0; total <= 40; ++total) {
    for (int64_t parts = 1; parts <= 12; ++parts) {
      int64_t next = 0;
      for (int64_t i = 0; i < parts; ++i) {
        const Range part = part_of(total, parts, i);
        EXPECT_EQ(part.begin, i * total / parts);
        EXPECT_EQ(part.end, (i + 1) * total / parts);
        EXPECT_EQ(part.begin, next);
        next = part.end;
      }
      EXPECT_EQ(next, total);
    }
  }
}

TEST(PartOf, DoesNotOverflow) {
  const int64_t huge = std::numeric_limits<int64_t>::max();
  for (int64_t i = 0; i < 7; ++i) {
    const auto edge = [&](int64_t at) { return static_cast<int64_t>(Wide{huge} * at / 7); };
    EXPECT_EQ(part_of(huge, 7, i), (Range{edge(i), edge(i + 1)}));
  }
}

TEST(RootsOf, AreTheMaximalNodesInsideAnyRange) {
  for (int64_t shards = 1; shards <= kMostShards; ++shards) {
    for (int64_t begin = 0; begin <= shards; ++begin) {
      for (int64_t end = begin; end <= shards; ++end) {
        std::vector<TreeNode> expected;
        collect_roots(0, whole_width(shards), shards, {begin, end}, expected);
        EXPECT_EQ(roots_of({begin, end}, shards), expected)
            << "shards [" << begin << ", " << end << ") of " << shards;
      }
    }
  }
}

TEST(RootsOf, OfAllRanksCoverEveryShardOnce) {
  for (int64_t shards = 1; shards <= kMostShards; ++shards) {
    for (int world = 1; world <= shards; ++world) {
      int64_t next = 0;
      for (int rank = 0; rank < world; ++rank) {
        const ShardLayout layout{100, shards, rank, world};
        EXPECT_EQ(layout.owned_shards().begin, rank * shards / world);
        EXPECT_GT(layout.owned_shards().size(), 0);
        for (const TreeNode& root : layout.roots()) {
          EXPECT_EQ(root.begin, next);
          next = root.end;
        }
      }
      EXPECT_EQ(next, shards);
    }
  }
}

TEST(ShardLayout, RowsOfARankAreThoseOfItsShards) {
  for (const int64_t batch : {1, 7, 16, 37}) {
    for (int64_t shards = 1; shards <= kMostShards; ++shards) {
      for (int world = 1; world <= shards; ++world) {
        for (int rank = 0; rank < world; ++rank) {
          const ShardLayout layout{batch, shards, rank, world};
          const Range owned = layout.owned_shards();
          EXPECT_EQ(layout.owned_rows().begin, owned.begin * batch / shards);
          EXPECT_EQ(layout.owned_rows().end, owned.end * batch / shards);
          EXPECT_EQ(layout.rows_of(owned.begin).begin, layout.owned_rows().begin);
        }
      }
    }
  }
}

TEST(ShardLayout, DefaultShardsAreAPowerOfTwoUpToEight) {
  const std::array<int64_t, 10> expected = {1, 1, 2, 2, 4, 4, 4, 4, 8, 8};
  for (size_t batch = 1; batch < expected.size(); ++batch) {
    EXPECT_EQ(default_shards(static_cast<int64_t>(batch)), expected[batch]) << batch;
  }
  EXPECT_EQ(default_shards(100000), 8);
}

std::string folded(int64_t count) {
  std::array<std::string, 64> level;
  fold_tree(
      count, [&](int64_t i, int at) { level[static_cast<size_t>(at)] = std::to_string(i); },
      [&](int to, int from) {
        std::string& sum = level[static_cast<size_t>(to)];
        sum = "(" + sum + "+" + level[static_cast<size_t>(from)] + ")";
      });
  return level[0];
}

TEST(FoldTree, AddsInTheOrderOfTheCutTree) {
  for (int64_t count = 1; count <= 70; ++count) {
    EXPECT_EQ(folded(count), tree_text(0, whole_width(count), count));
  }
}

TEST(FoldTree, OfFiveIsThisOne) { EXPECT_EQ(folded(5), "(((0+1)+(2+3))+4)"); }

// What a world does: each rank folds its roots, then the roots are folded. The rule that merges two
// neighbours is the tree's alone, so the text is that of one process.
std::string sum_of_nodes(TreeNode node, int64_t begin, int64_t width, int64_t shards) {
  if (node.begin == begin && node.end == std::min(begin + width, shards)) {
    return tree_text(begin, width, shards);
  }
  const int64_t half = width / 2;
  return node.begin < begin + half ? sum_of_nodes(node, begin, half, shards)
                                   : sum_of_nodes(node, begin + half, half, shards);
}

TEST(RootsOf, CanEachBeFoldedByThemselves) {
  for (int64_t shards = 1; shards <= kMostShards; ++shards) {
    for (int world = 1; world <= shards; ++world) {
      for (int rank = 0; rank < world; ++rank) {
        for (const TreeNode& root : ShardLayout{100, shards, rank, world}.roots()) {
          // Leaves of a root, renumbered from 0, fold as the node of the whole tree does.
          std::string text;
          std::array<std::string, 64> level;
          fold_tree(
              root.size(),
              [&](int64_t i, int at) {
                level[static_cast<size_t>(at)] = std::to_string(root.begin + i);
              },
              [&](int to, int from) {
                std::string& sum = level[static_cast<size_t>(to)];
                sum = "(" + sum + "+" + level[static_cast<size_t>(from)] + ")";
              });
          EXPECT_EQ(level[0], sum_of_nodes(root, 0, whole_width(shards), shards));
        }
      }
    }
  }
}

}  // namespace
}  // namespace tutti
