// What Open MPI's ranks on one host share: files in /dev/shm, which mpirun and its daemons remove
// when ranks were killed. Where mpirun itself is killed nobody does. A file's name ends with the
// rank that made it: "vader_segment.<host>.<user>.<job>.<rank>" of version 4, "sm_segment..." of 5.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <set>

namespace tutti::supervise {

// The files that a process has mapped of it; none where it is gone.
std::set<std::filesystem::path> mpi_memory_of(pid_t process);

// Whether a process that this one may look into has a file mapped, or one below it.
bool is_mapped(const std::filesystem::path& path);

}  // namespace tutti::supervise
