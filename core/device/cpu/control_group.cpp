#include "core/device/cpu/control_group.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace tutti {
namespace {

namespace fs = std::filesystem;

// "max 100000" or "150000 100000" (v2).
std::optional<double> quota_v2(const fs::path& group) {
  std::ifstream in(group / "cpu.max");
  std::string quota;
  double period = 0;
  if (!(in >> quota >> period) || quota == "max" || period <= 0) return {};
  return std::atof(quota.c_str()) / period;
}

std::optional<double> quota_v1(const fs::path& group) {
  std::ifstream quota_in(group / "cpu.cfs_quota_us"), period_in(group / "cpu.cfs_period_us");
  double quota = 0, period = 0;
  if (!(quota_in >> quota) || !(period_in >> period) || quota <= 0 || period <= 0) return {};
  return quota / period;
}

// "max" or "1073741824" (v2); v1 writes a number beyond any machine for "max".
template <const char* file>
std::optional<double> limit_in(const fs::path& group) {
  std::ifstream in(group / file);
  std::string limit;
  if (!(in >> limit) || limit == "max") return {};
  return std::atof(limit.c_str());
}
constexpr char kMemoryV2[] = "memory.max", kMemoryV1[] = "memory.limit_in_bytes";

template <typename Read>
void take_least(const fs::path& mount, const std::string& group, Read read,
                std::optional<double>& least) {
  // In a container the path is often the host's and does not exist here: what does exist counts.
  for (fs::path at = fs::path(group).relative_path();; at = at.parent_path()) {
    if (const auto quota = read(mount / at)) least = least ? std::min(*least, *quota) : *quota;
    if (at.empty()) return;
  }
}

// `mounts` are the folders where a v1 controller may lie.
template <typename ReadV1, typename ReadV2>
std::optional<double> least_of(const fs::path& root, const std::string& controller,
                               std::initializer_list<const char*> mounts, ReadV1 read_v1,
                               ReadV2 read_v2) {
  std::ifstream in(root / "proc/self/cgroup");
  const fs::path mount = root / "sys/fs/cgroup";
  std::optional<double> least;
  for (std::string line; std::getline(in, line);) {  // hierarchy:controllers:path
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = fmt::format(",{},", line.substr(first + 1, second - first - 1));
    const std::string group = line.substr(second + 1);
    if (controllers == ",,") take_least(mount, group, read_v2, least);
    if (controllers.find(fmt::format(",{},", controller)) == std::string::npos) continue;
    for (const char* name : mounts) take_least(mount / name, group, read_v1, least);
  }
  return least;
}

}  // namespace

std::optional<double> cpu_quota(const fs::path& root) {
  return least_of(root, "cpu", {"cpu", "cpu,cpuacct"}, quota_v1, quota_v2);
}

std::optional<double> memory_quota(const fs::path& root) {
  return least_of(root, "memory", {"memory"}, limit_in<kMemoryV1>, limit_in<kMemoryV2>);
}

}  // namespace tutti
