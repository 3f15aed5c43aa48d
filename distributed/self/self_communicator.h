// The backend of a process that trains alone: a world of one rank.
#pragma once

#include <memory>

#include "distributed/communicator.h"

namespace tutti {

std::unique_ptr<Communicator> make_self_communicator();

}  // namespace tutti
