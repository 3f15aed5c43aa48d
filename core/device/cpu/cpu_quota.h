// How many processors a control group grants.
#pragma once

#include <filesystem>
#include <optional>

namespace tutti {

// Processors' worth of time per unit of time, the least along the path from this process's control
// group to the root; nothing when no group sets a quota. Reads cgroup v1 and v2 below `root`
// (root/proc/self/cgroup, root/sys/fs/cgroup).
std::optional<double> cpu_quota(const std::filesystem::path& root = "/");

}  // namespace tutti
