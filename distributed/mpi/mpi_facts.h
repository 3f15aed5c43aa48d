// What MPI this program would run on: asked without starting it.
#pragma once

#include <string>

#include "distributed/mpi/environment.h"

namespace tutti {

struct MpiFacts {
  std::string library;                 // "Open MPI v4.1.4, package: ..." as it names itself
  bool knows_fault_tolerance = false;  // the library has the calls (ULFM)
  bool fault_tolerance = false;        // and mpirun was told to use them
  LaunchEnvironment launch;            // how this process was started
};

MpiFacts mpi_facts();

}  // namespace tutti
