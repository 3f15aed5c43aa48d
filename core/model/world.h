// World: what a model trains with - threads, device, other ranks. A Session installs one for its
// thread; without it a model uses all processors of this machine, alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/device/device.h"
#include "core/device/thread_pool.h"
#include "core/graph/reducer.h"

namespace tutti {

struct World {
  std::shared_ptr<ThreadPool> pool;
  Reducer* reducer = &local_reducer();
  Device* device = &cpu_device();
  int64_t shards = 0;      // logical shards of a batch; 0: default_shards(batch)
  int host_ranks = 1;      // processes of this world that share this machine's memory
  size_t step_memory = 0;  // bytes that a step may take on this rank; 0: most of what is left

  int rank() const { return reducer->rank(); }
  int size() const { return reducer->world(); }
  // Bytes that this process may use: its part of memory_limit().
  size_t memory_share() const { return memory_limit() / static_cast<size_t>(host_ranks); }
  // The place of this rank in a batch. Throws ExitCode::world, naming `shards` to use, if there are
  // more ranks than shards.
  ShardLayout layout(int64_t batch, int64_t rows) const;
};

const World& current_world();
// Installs a world for this thread until it is destroyed.
class WorldScope {
 public:
  explicit WorldScope(World world);
  ~WorldScope();
  WorldScope(const WorldScope&) = delete;

 private:
  std::unique_ptr<World> outer_;
};

// Rank 0's bytes to all ranks.
void broadcast_bytes(const World& world, void* data, size_t bytes);
// Rank 0's text, of any length, on every rank.
std::string broadcast_text(const World& world, std::string text);

}  // namespace tutti
