// What Open MPI's ranks on one host share: files in /dev/shm, which mpirun and its daemons remove
// when ranks were killed. Where mpirun itself is killed nobody does.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <vector>

namespace tutti::supervise {

// The files that a process has mapped of it; none where it is gone.
std::vector<std::filesystem::path> mpi_memory_of(pid_t process);

}  // namespace tutti::supervise
