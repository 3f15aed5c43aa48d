// Reducer: how ranks meet in a step, as the engine sees it. `distributed` implements it over a
// Communicator; alone, local_reducer() does.
#pragma once

#include <cstdint>
#include <span>

#include "core/base/dtype.h"
#include "core/base/shard_layout.h"

namespace tutti {

class Reducer {
 public:
  virtual ~Reducer() = default;
  virtual int rank() const = 0;
  virtual int world() const = 0;

  // Partials: one sum of n elements per subtree root this rank owns, root_stride elements apart. Each
  // call adds all ranks' roots in the order of the tree over `layout.shards`.
  struct Partials {
    DType dtype = DType::f32;  // f32, f64 or i64
    const void* data = nullptr;
    int64_t elements = 0, root_stride = 0;
    ShardLayout layout;
  };
  // All n sums on every rank. `out` may be the partials' own memory.
  virtual void sum(const Partials& partials, void* out) = 0;
  // The sums [offsets[rank], offsets[rank + 1]) into `out`, which may be that place of the partials.
  virtual void reduce_scatter(const Partials& partials, std::span<const int64_t> offsets,
                              void* out) = 0;
  // Each rank's [offsets[rank], offsets[rank + 1]) of `full` (in place) to all ranks.
  virtual void all_gather(DType dtype, void* full, std::span<const int64_t> offsets) = 0;
  // Rows of all ranks in order; `offsets` count elements.
  virtual void gather(DType dtype, const void* mine, void* full, std::span<const int64_t> offsets) = 0;
};

Reducer& local_reducer();

}  // namespace tutti
