// The backend whose ranks are threads of one process: what most tests use.
#pragma once

#include <functional>

#include "distributed/communicator.h"

namespace tutti {

// Runs `body` on `world` ranks, each a thread with its own Communicator, and returns when all have
// ended. The first error of any rank stops the others at their next wait and is thrown here. Within
// `body`, join_world() gives a Communicator of this world.
void run_ranks(int world, const std::function<void(Communicator&)>& body,
               Communicator::Duration deadline = std::chrono::seconds(60));

}  // namespace tutti
