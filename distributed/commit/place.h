// Where commits lie on a host: in files that are memory, below a folder for each job.
#pragma once

#include <cstdint>
#include <filesystem>

namespace tutti {

inline constexpr const char* kSharedMemory = "/dev/shm";

// The folder of a job, below `memory`.
std::filesystem::path commits_of_job(uint64_t job,
                                     const std::filesystem::path& memory = kSharedMemory);

// All that a job which has ended has in the memory of this host. Any of its processes may do it,
// several at once too.
void remove_commits(uint64_t job, const std::filesystem::path& memory = kSharedMemory);

}  // namespace tutti
