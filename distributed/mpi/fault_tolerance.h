// The calls of a fault tolerant MPI (ULFM), found at run time: one binary runs on libraries with
// and without them. Internal to this folder.
#pragma once

#include <mpi.h>

#include <vector>

namespace tutti {

struct FaultTolerance {
  int (*revoke)(MPI_Comm) = nullptr;
  int (*is_revoked)(MPI_Comm, int*) = nullptr;
  int (*shrink)(MPI_Comm, MPI_Comm*) = nullptr;
  int (*iagree)(MPI_Comm, int*, MPI_Request*) = nullptr;
  int (*failure_ack)(MPI_Comm) = nullptr;
  int (*get_failed)(MPI_Comm, MPI_Group*) = nullptr;

  // Null unless the library has all of them and mpirun was told --with-ft ulfm.
  static const FaultTolerance* find();

  // The ranks of `world` that this process knows to be lost.
  std::vector<int> lost_ranks(MPI_Comm world) const;
};

}  // namespace tutti
