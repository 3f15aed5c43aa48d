// Ranks as threads, each with its world and a thread to copy with.
#pragma once

#include <functional>
#include <memory>

#include "core/device/thread_pool.h"
#include "core/model/world.h"
#include "distributed/communicator_reducer.h"
#include "distributed/thread/thread_communicator.h"

namespace tutti::test {

inline void on_ranks(int ranks, const std::function<void(Communicator&)>& body) {
  run_ranks(ranks, [&](Communicator& communicator) {
    CommunicatorReducer reducer(communicator);
    World world;
    world.pool = std::make_shared<ThreadPool>(1);
    world.reducer = &reducer;
    const WorldScope scope(world);
    body(communicator);
  });
}

}  // namespace tutti::test
