#include "launch/supervise/mpi_memory.h"

#include <fmt/format.h>

#include <fstream>
#include <set>
#include <string>

namespace tutti::supervise {
namespace {

bool is_segment(const std::string& path) {
  for (const char* begin : {"/dev/shm/vader_segment.", "/dev/shm/sm_segment."})
    if (path.starts_with(begin))
      return path.find('/', std::string_view("/dev/shm/").size()) == std::string::npos;
  return false;
}

}  // namespace

std::set<std::filesystem::path> mpi_memory_of(pid_t process) {
  std::ifstream maps(fmt::format("/proc/{}/maps", process));
  std::set<std::filesystem::path> paths;
  for (std::string line; std::getline(maps, line);)
    if (const size_t at = line.find('/'); at != std::string::npos && is_segment(line.substr(at)))
      paths.insert(line.substr(at));
  return paths;
}

bool is_mapped(const std::filesystem::path& path) {
  std::error_code ignored;
  const std::string text = " " + path.string();
  for (const auto& process : std::filesystem::directory_iterator("/proc", ignored)) {
    const std::string name = process.path().filename();
    if (name.empty() || name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream maps(process.path() / "maps");
    for (std::string line; std::getline(maps, line);)
      if (line.find(text) != std::string::npos) return true;
  }
  return false;
}

}  // namespace tutti::supervise
