// The engine's Reducer over a Communicator: sums in the order of the tree over shards.
#pragma once

#include <memory>

#include "core/graph/reducer.h"
#include "distributed/communicator.h"

namespace tutti {

// Host memory alone; the communicator must outlive it. One thread calls it.
std::unique_ptr<Reducer> make_communicator_reducer(Communicator& communicator);

}  // namespace tutti
