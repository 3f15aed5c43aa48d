// The engine's Reducer over a Communicator: sums in tree order, parameters all-gathered.
#pragma once

#include <map>

#include "core/graph/reducer.h"
#include "distributed/communicator.h"
#include "distributed/tree_reduce.h"

namespace tutti {

class CommunicatorReducer final : public Reducer {
 public:
  // The communicator must outlive it. `share_memory` lets ranks of one host share memory: for ranks
  // that are processes, since each writes its initial parameters to the one copy.
  explicit CommunicatorReducer(Communicator& communicator, bool share_memory = false)
      : communicator_(communicator), share_memory_(share_memory) {}

  int rank() const override { return communicator_.rank(); }
  int world() const override { return communicator_.size(); }
  void sum(const Partials& partials, void* out) override;
  void reduce_scatter(const Partials& partials, std::span<const int64_t> offsets,
                      void* out) override;
  void all_gather(DType dtype, void* full, std::span<const int64_t> offsets) override;
  void gather(DType dtype, const void* mine, void* full, std::span<const int64_t> offsets) override;
  void* shared_partials(size_t bytes) override;
  void* shared_parameters(size_t bytes) override;
  void barrier() override { communicator_.barrier(); }

 private:
  // The tree over `shards` for partials that lie at `partials`: in shared memory, or anywhere.
  TreeReduce& tree(int64_t shards, const void* partials);
  SharedRegion* share(size_t bytes);
  std::span<const int64_t> in_bytes(DType dtype, std::span<const int64_t> offsets);

  Communicator& communicator_;
  bool share_memory_;
  std::vector<std::unique_ptr<SharedRegion>> partials_, parameters_;
  std::map<std::pair<int64_t, const SharedRegion*>, TreeReduce> trees_;  // by the number of shards
  std::vector<int64_t> byte_offsets_;
};

}  // namespace tutti
