// Sums over ranks in the order of the tree over the shards (core/base/shard_layout.h): the same
// bits for any number of ranks. Slices move all-to-all and are added locally; where ranks share
// memory they are read where they lie.
#pragma once

#include <memory>
#include <vector>

#include "core/base/dtype.h"
#include "core/base/shard_layout.h"
#include "distributed/communicator.h"
#include "distributed/shared_memory/region.h"

namespace tutti {

// This rank's sums of n elements, one for each root of its subtrees, root_stride elements apart.
struct PartialSums {
  DType dtype = DType::f32;  // f32, f64 or i64
  const void* data = nullptr;
  int64_t elements = 0, root_stride = 0;
};

// How the roots of all ranks are added up to the sum over all shards.
class TreePlan {
 public:
  TreePlan(int64_t shards, int world);

  // A root: the `index`-th of `rank`. In ascending order of shards, hence of ranks.
  struct Leaf {
    int rank, index;
  };
  const std::vector<Leaf>& leaves() const { return leaves_; }
  int roots_of_rank(int rank) const { return roots_[static_cast<size_t>(rank)]; }

  // out[i] = the sum of leaf[0][i], leaf[1][i], ... for i in [0, count). `out` may be one of the
  // leaves.
  void add(DType dtype, const std::vector<const std::byte*>& leaf, int64_t count, std::byte* out);

 private:
  // Operands: leaves, then the places for sums inside the tree, then `out`.
  struct Step {
    int to, left, right;
  };
  int plan_node(TreeNode node, int place);
  template <typename T>
  void add_blocks(const std::vector<const std::byte*>& leaf, int64_t count, std::byte* out);

  std::vector<TreeNode> nodes_;  // of the leaves
  std::vector<Leaf> leaves_;
  std::vector<int> roots_;
  std::vector<Step> steps_;
  int places_ = 0;
  std::vector<std::byte> scratch_;
  std::vector<std::byte*> operands_;
};

class TreeReduce {
 public:
  // Collective. `region`, if any, is where callers may keep partials, at the same place on all
  // ranks. Throws Error (world) when there are more ranks than shards.
  TreeReduce(Communicator& communicator, int64_t shards, SharedRegion* region = nullptr);

  // The sums of elements [offsets[rank], offsets[rank + 1]) into `out`, which may be that place of
  // any root of the partials. offsets: size() + 1 ascending entries from 0 to n.
  // Partials that lie in the region: peers may read them until its next barrier(), so one must come
  // before they are written again (the one after the update of shared parameters will do).
  void reduce_scatter(const PartialSums& partials, std::span<const int64_t> offsets, void* out);
  // All n sums on every rank. `out` may be the place of any root of the partials.
  void all_reduce(const PartialSums& partials, void* out);

 private:
  void reduce_by_messages(const PartialSums& partials, Range share,
                          std::span<const int64_t> offsets, std::byte* out);
  void sum_small(const PartialSums& partials, std::byte* out);
  std::byte* received(size_t bytes);
  const std::byte* root(const PartialSums& partials, int index, int64_t element) const;

  Communicator& communicator_;
  TreePlan plan_;
  SharedRegion* region_;
  std::unique_ptr<SharedRegion> mailbox_;  // where small sums meet; null across hosts
  uint64_t letters_ = 0;
  std::vector<std::byte> received_;
  std::vector<Outgoing> outgoing_;
  std::vector<Incoming> incoming_;
  std::vector<const std::byte*> operands_;
  std::vector<int64_t> offsets_;
};

}  // namespace tutti
