#include "core/model/world.h"

#include <vector>

#include "core/base/error.h"

namespace tutti {
namespace {

std::unique_ptr<World>& installed_world() {
  thread_local std::unique_ptr<World> world;
  return world;
}

}  // namespace

const World& current_world() {
  auto& world = installed_world();
  if (!world) {
    world = std::make_unique<World>();
    world->pool = std::make_shared<ThreadPool>(available_threads());
  }
  return *world;
}

WorldScope::WorldScope(World world) : outer_(std::move(installed_world())) {
  installed_world() = std::make_unique<World>(std::move(world));
}
WorldScope::~WorldScope() { installed_world() = std::move(outer_); }

ShardLayout World::layout(int64_t batch, int64_t rows) const {
  const int64_t count = shards > 0 ? shards : default_shards(batch);
  if (count > kMostShards)
    fail(ExitCode::world, "world",
         "{} shards are more than {}; set fewer with --set shards=", count, kMostShards);
  if (size() > count)
    fail(ExitCode::world, "world",
         "{} ranks share {} shards of a batch of {}; use at most {} ranks or --set shards={}",
         size(), count, batch, count, 4 * size());
  return {rows, count, rank(), size()};
}

void broadcast_bytes(const World& world, void* data, size_t bytes) {
  if (world.size() == 1) return;
  std::vector<int64_t> offsets(static_cast<size_t>(world.size()) + 1, static_cast<int64_t>(bytes));
  offsets[0] = 0;
  world.reducer->all_gather(DType::u8, data, offsets);
}

std::string broadcast_text(const World& world, std::string text) {
  uint64_t length = text.size();
  broadcast_bytes(world, &length, sizeof length);
  text.resize(length);
  broadcast_bytes(world, text.data(), length);
  return text;
}

}  // namespace tutti
