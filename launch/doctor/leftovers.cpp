// What runs that ended badly left in shared memory.
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "launch/doctor/finding.h"
#include "launch/supervise/commit_lease.h"
#include "launch/supervise/mpi_memory.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOurs = "tutti-";
// What Open MPI 4 and 5 make for ranks of one host; mpirun removes it, unless it was killed.
constexpr std::array<const char*, 2> kOfMpi = {"vader_segment.", "sm_segment."};
constexpr auto kYoung = std::chrono::minutes(10);  // may belong to a world that starts again

bool of_this_user(const fs::path& path) {
  struct stat about {};
  return ::lstat(path.c_str(), &about) == 0 && (about.st_uid == ::geteuid());
}

// Whether a lock is there, and if so whether somebody holds it.
std::optional<bool> lock_held(const fs::path& folder) {
  const int handle = ::open((folder / supervise::CommitLease::lock_file).c_str(),
                            O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (handle < 0) return std::nullopt;
  const bool held = ::flock(handle, LOCK_EX | LOCK_NB) != 0;
  ::close(handle);
  return held;
}

bool is_young(const fs::path& path) {
  std::error_code error;
  fs::file_time_type newest = fs::last_write_time(path, error);
  for (const auto& entry : fs::recursive_directory_iterator(path, error))
    newest = std::max(newest, fs::last_write_time(entry.path(), error));
  return fs::file_time_type::clock::now() - newest < kYoung;
}

// "tutti-4711-0": the process that made the segment.
std::optional<pid_t> maker_of(const std::string& name) {
  pid_t maker = 0;
  const char* begin = name.data() + std::char_traits<char>::length(kOurs);
  const char* end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(begin, end, maker);
  if (error != std::errc() || rest == end || *rest != '-' || maker <= 0) return std::nullopt;
  return maker;
}

bool is_of_mpi(const std::string& name) {
  return std::ranges::any_of(kOfMpi, [&](const char* begin) { return name.starts_with(begin); });
}

// Why it stays; empty if it is nobody's.
std::string why_it_stays(const fs::path& path) {
  if (!of_this_user(path)) return "is another user's";
  if (fs::is_directory(fs::symlink_status(path))) {
    if (const auto held = lock_held(path)) return *held ? "is in use" : "";
    if (supervise::is_mapped(path)) return "is in use";
    return is_young(path) ? "is younger than 10 minutes: its job may go on from it" : "";
  }
  if (!fs::is_regular_file(fs::symlink_status(path))) return "is no file of ours";
  if (is_of_mpi(path.filename())) return supervise::is_mapped(path) ? "is in use" : "";
  const auto maker = maker_of(path.filename());
  if (!maker) return "is no file of ours";
  const bool alive = ::kill(*maker, 0) == 0 || errno == EPERM;
  return alive || supervise::is_mapped(path) ? "is in use" : "";
}

uint64_t bytes_below(const fs::path& path) {
  std::error_code error;
  if (fs::is_regular_file(path, error)) return fs::file_size(path, error);
  uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(path, error))
    if (entry.is_regular_file(error) && !entry.is_symlink(error)) bytes += entry.file_size(error);
  return bytes;
}

Finding clean_one(const fs::path& path, bool dry) {
  const std::string size = bytes_text(bytes_below(path)), why = why_it_stays(path);
  if (!why.empty()) return {Verdict::good, path.string(), fmt::format("{} {}", size, why), ""};
  if (dry)
    return {Verdict::note, path.string(), size + " that nobody uses", "tutti doctor --clean"};
  std::error_code error;
  fs::remove_all(path, error);
  if (error)
    return {Verdict::bad, path.string(), fmt::format("cannot be removed: {}", error.message()),
            "remove it by hand"};
  return {Verdict::good, path.string(), size + " removed", ""};
}

}  // namespace

std::vector<Finding> clean_leftovers(const std::string& memory, bool dry) {
  std::vector<Finding> findings;
  if (!FileSystem::current().exists(memory)) return findings;
  for (const std::string& name : FileSystem::current().list(memory))
    if (name.starts_with(kOurs) || is_of_mpi(name))
      findings.push_back(clean_one(fs::path(memory) / name, dry));
  return findings;
}

}  // namespace tutti
