// The world that the tests of this program run in, made once by its main().
#pragma once

#include <memory>

#include "distributed/mpi/mpi_communicator.h"

namespace tutti {
extern std::unique_ptr<Communicator> mpi_test_world;
}
