// What the control groups of this process grant, read from cgroup v1 and v2 below `root`
// (root/proc/self/cgroup, root/sys/fs/cgroup).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace tutti {

// The least along the path from the process's group to the root; nothing where no group sets a
// limit. Processors' worth of time per unit of time.
std::optional<double> cpu_quota(const std::filesystem::path& root = "/");

// Bytes of memory.
std::optional<double> memory_quota(const std::filesystem::path& root = "/");

// The share of its memory that the machine, or the fullest group, has left, from 0 to 1; caches of
// files count as left. Nothing where neither says.
std::optional<double> memory_left(const std::filesystem::path& root = "/");

// How many processes of the innermost group that counts them (of the machine, where none does) were
// killed for want of memory, ever. When a process dies by SIGKILL, whether this grew says why.
uint64_t memory_kills(const std::filesystem::path& root = "/");

}  // namespace tutti
