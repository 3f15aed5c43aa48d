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

// "oom_kill 3" among other lines: of cgroup v1, v2 and /proc/vmstat.
std::optional<uint64_t> kills_in(const fs::path& file) {
  std::ifstream in(file);
  uint64_t count = 0;
  for (std::string name; in >> name >> count;)
    if (name == "oom_kill") return count;
  return {};
}

// Calls `read` with each group from `group` to the root of `mount`.
template <typename Read>
void walk_up(const fs::path& mount, const std::string& group, Read read) {
  // In a container the path is often the host's and does not exist here: what does exist counts.
  for (fs::path at = fs::path(group).relative_path();; at = at.parent_path()) {
    read(mount / at);
    if (at.empty()) return;
  }
}

// The same for v1 and v2 groups. `mounts` are the folders where a v1 controller may lie.
template <typename ReadV1, typename ReadV2>
void walk_groups(const fs::path& root, const std::string& controller,
                 std::initializer_list<const char*> mounts, ReadV1 read_v1, ReadV2 read_v2) {
  std::ifstream in(root / "proc/self/cgroup");
  const fs::path mount = root / "sys/fs/cgroup";
  for (std::string line; std::getline(in, line);) {  // hierarchy:controllers:path
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = fmt::format(",{},", line.substr(first + 1, second - first - 1));
    const std::string group = line.substr(second + 1);
    if (controllers == ",,") walk_up(mount, group, read_v2);
    if (controllers.find(fmt::format(",{},", controller)) == std::string::npos) continue;
    for (const char* name : mounts) walk_up(mount / name, group, read_v1);
  }
}

template <typename ReadV1, typename ReadV2>
std::optional<double> least_of(const fs::path& root, const std::string& controller,
                               std::initializer_list<const char*> mounts, ReadV1 read_v1,
                               ReadV2 read_v2) {
  std::optional<double> least;
  const auto take = [&least](auto read) {
    return [&least, read](const fs::path& group) {
      if (const auto quota = read(group)) least = least ? std::min(*least, *quota) : *quota;
    };
  };
  walk_groups(root, controller, mounts, take(read_v1), take(read_v2));
  return least;
}

}  // namespace

std::optional<double> cpu_quota(const fs::path& root) {
  return least_of(root, "cpu", {"cpu", "cpu,cpuacct"}, quota_v1, quota_v2);
}

std::optional<double> memory_quota(const fs::path& root) {
  return least_of(root, "memory", {"memory"}, limit_in<kMemoryV1>, limit_in<kMemoryV2>);
}

uint64_t memory_kills(const fs::path& root) {
  std::optional<uint64_t> innermost;
  const auto take = [&innermost](const char* file) {
    return [&innermost, file](const fs::path& group) {
      if (!innermost) innermost = kills_in(group / file);
    };
  };
  walk_groups(root, "memory", {"memory"}, take("memory.oom_control"), take("memory.events"));
  return innermost.value_or(kills_in(root / "proc/vmstat").value_or(0));
}

}  // namespace tutti
