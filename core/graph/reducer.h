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

  // Partials: one sum of n elements per subtree root this rank owns, root_stride elements apart.
  // Each call adds all ranks' roots in the order of the tree over `layout.shards`.
  struct Partials {
    DType dtype = DType::f32;  // f32, f64 or i64
    const void* data = nullptr;
    int64_t elements = 0, root_stride = 0;
    ShardLayout layout;
  };
  // All n sums on every rank. `out` may be the partials' own memory.
  virtual void sum(const Partials& partials, void* out) = 0;
  // The sums [offsets[rank], offsets[rank + 1]) into `out`, which may be that place of the
  // partials.
  virtual void reduce_scatter(const Partials& partials, std::span<const int64_t> offsets,
                              void* out) = 0;
  // Each rank's [offsets[rank], offsets[rank + 1]) of `full` (in place) to all ranks.
  virtual void all_gather(DType dtype, void* full, std::span<const int64_t> offsets) = 0;
  // Rows of all ranks in order; `offsets` count elements.
  virtual void gather(DType dtype, const void* mine, void* full,
                      std::span<const int64_t> offsets) = 0;

  // Memory that the ranks of one host share, zeroed; null on all ranks where they cannot.
  // Collective; it stays as long as the Reducer.
  //   shared_partials    partials that lie here are read where they lie; peers are done with them
  //   when
  //                      the next all_gather of shared parameters returns
  //   shared_parameters  one copy for all ranks: all_gather of it moves nothing, and each rank may
  //                      write its share only after all ranks have met since they last read it
  virtual void* shared_partials(size_t bytes) {
    (void)bytes;
    return nullptr;
  }
  virtual void* shared_parameters(size_t bytes) {
    (void)bytes;
    return nullptr;
  }
  // Returns when all ranks have called it.
  virtual void barrier() {}
};

Reducer& local_reducer();

}  // namespace tutti
