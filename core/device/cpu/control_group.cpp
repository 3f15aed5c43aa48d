#include "core/device/cpu/control_group.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

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
std::optional<double> bytes_in(const fs::path& group) {
  std::ifstream in(group / file);
  std::string limit;
  if (!(in >> limit) || limit == "max") return {};
  return std::atof(limit.c_str());
}
constexpr char kMemoryV2[] = "memory.max", kMemoryV1[] = "memory.limit_in_bytes";

// "oom_kill 3" or "MemTotal:  1024 kB" among other lines.
std::optional<uint64_t> number_in(const fs::path& file, std::string_view wanted) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string name;
    uint64_t number = 0;
    if (words >> name >> number && name == wanted) return number;
  }
  return {};
}

// Of cgroup v1, v2 and /proc/vmstat.
std::optional<uint64_t> kills_in(const fs::path& file) { return number_in(file, "oom_kill"); }

// The share of its limit that a group has left.
template <const char* limit_file, const char* usage_file, const char* cache>
std::optional<double> left_in(const fs::path& group) {
  const auto limit = bytes_in<limit_file>(group), usage = bytes_in<usage_file>(group);
  if (!limit || !usage || *limit <= 0) return {};
  const auto cached = static_cast<double>(number_in(group / "memory.stat", cache).value_or(0));
  return std::clamp(1 - (*usage - cached) / *limit, 0.0, 1.0);
}
constexpr char kUsageV2[] = "memory.current", kUsageV1[] = "memory.usage_in_bytes";
constexpr char kCacheV2[] = "inactive_file", kCacheV1[] = "total_inactive_file";

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
  return least_of(root, "memory", {"memory"}, bytes_in<kMemoryV1>, bytes_in<kMemoryV2>);
}

std::optional<double> memory_left(const fs::path& root) {
  const auto of_groups =
      least_of(root, "memory", {"memory"}, left_in<kMemoryV1, kUsageV1, kCacheV1>,
               left_in<kMemoryV2, kUsageV2, kCacheV2>);
  const auto all = number_in(root / "proc/meminfo", "MemTotal:");
  const auto left = number_in(root / "proc/meminfo", "MemAvailable:");
  if (!all || !left || *all == 0) return of_groups;
  const double of_machine = static_cast<double>(*left) / static_cast<double>(*all);
  return std::min(of_machine, of_groups.value_or(1));
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
