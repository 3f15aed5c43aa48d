// The engine's Reducer over a Communicator: sums in tree order, parameters all-gathered.
#pragma once

#include <map>

#include "core/graph/reducer.h"
#include "distributed/communicator.h"
#include "distributed/tree_reduce.h"

namespace tutti {

class CommunicatorReducer final : public Reducer {
 public:
  // The communicator must outlive it.
  explicit CommunicatorReducer(Communicator& communicator) : communicator_(communicator) {}

  int rank() const override { return communicator_.rank(); }
  int world() const override { return communicator_.size(); }
  void sum(const Partials& partials, void* out) override;
  void reduce_scatter(const Partials& partials, std::span<const int64_t> offsets, void* out) override;
  void all_gather(DType dtype, void* full, std::span<const int64_t> offsets) override;
  void gather(DType dtype, const void* mine, void* full, std::span<const int64_t> offsets) override;

 private:
  TreeReduce& tree(int64_t shards);
  std::span<const int64_t> in_bytes(DType dtype, std::span<const int64_t> offsets);

  Communicator& communicator_;
  std::map<int64_t, TreeReduce> trees_;  // by the number of shards
  std::vector<int64_t> byte_offsets_;
};

}  // namespace tutti
