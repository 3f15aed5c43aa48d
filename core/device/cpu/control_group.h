// What the control groups of this process grant. Both read cgroup v1 and v2 below `root`
// (root/proc/self/cgroup, root/sys/fs/cgroup) and give the least along the path from the process's
// group to the root; nothing where no group sets a limit.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace tutti {

// Processors' worth of time per unit of time.
std::optional<double> cpu_quota(const std::filesystem::path& root = "/");

// Bytes of memory.
std::optional<double> memory_quota(const std::filesystem::path& root = "/");

}  // namespace tutti
