// A lease's files on this machine.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <random>
#include <sstream>

#include "core/base/directory_lease.h"
#include "core/base/error.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLongestText = 1024;

// The kernel's ticks from boot to the process's birth; 0 for none, or one that only its parent's
// wait keeps.
int64_t birth_of(int64_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  std::getline(file, line);
  const size_t name_end = line.rfind(')');  // a name may hold anything
  if (name_end == std::string::npos) return 0;
  std::istringstream rest(line.substr(name_end + 1));
  std::string state, field;
  rest >> state;
  for (int number = 4; number <= 22; ++number) rest >> field;  // the 22nd is the birth
  int64_t born = 0;
  return state != "Z" && state != "X" && std::istringstream(field) >> born ? born : 0;
}

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

class FilesOfLease final : public LeasePlace {
 public:
  explicit FilesOfLease(const fs::path& directory)
      : lock_path_(directory / ".lock"),
        owner_path_(directory / ".owner"),
        probe_path_(directory / fmt::format(".owner.{}", std::random_device()())) {}
  ~FilesOfLease() override {
    if (lock_ >= 0) ::close(lock_);
    ::unlink(probe_path_.c_str());
  }

  // The file stays when the lock goes: removing it would let two processes lock two files.
  Lock lock() override {
    if (lock_ < 0)
      lock_ = ::open(lock_path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (lock_ < 0) fail_to("lock the directory", lock_path_);
    if (::flock(lock_, LOCK_EX | LOCK_NB) == 0) return Lock::given;
    if (errno == EWOULDBLOCK) return Lock::refused;
    if (errno == ENOSYS || errno == EOPNOTSUPP || errno == ENOLCK || errno == EINVAL)
      return Lock::none;
    fail_to("lock the directory", lock_path_);
  }

  std::optional<Seen> look() override {
    const int file = ::open(owner_path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0 && errno == ENOENT) return std::nullopt;
    if (file < 0) fail_to("read", owner_path_);
    char text[kLongestText];
    const ssize_t got = ::read(file, text, sizeof text);
    struct stat info {};
    const bool seen = got >= 0 && ::fstat(file, &info) == 0;
    ::close(file);
    if (!seen) fail_to("read", owner_path_);
    return Seen{{text, static_cast<size_t>(got)}, modified(info)};
  }

  Clock::Duration server_time() override {
    write_file(probe_path_, "now\n");
    struct stat info {};
    if (::stat(probe_path_.c_str(), &info) != 0) fail_to("look at", probe_path_);
    return modified(info);
  }

  void write(const std::string& text) override {
    write_file(probe_path_, text);
    if (::rename(probe_path_.c_str(), owner_path_.c_str()) != 0) fail_to("write", owner_path_);
  }
  // What was put in its place between a look and a write must not be written over: one handle.
  bool renew(const std::string& text) override {
    const int file = ::open(owner_path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (file < 0) fail_to("write", owner_path_);
    char there[kLongestText];
    const ssize_t got = ::pread(file, there, sizeof there, 0);
    const bool ours =
        got == 0 || (got > 0 && text == std::string_view(there, static_cast<size_t>(got)));
    finish(file, owner_path_, got >= 0 && (!ours || write_text(file, text)));
    return ours;
  }
  void remove() override { ::unlink(owner_path_.c_str()); }
  bool lives(int64_t pid, int64_t born) override {
    return pid > 0 && born > 0 && birth_of(pid) == born;
  }

 private:
  [[noreturn]] static void fail_to(const char* what, const fs::path& path) {
    fail(ExitCode::io, path.string(), "cannot {}: {}; check the file system and its permissions",
         what, std::strerror(errno));
  }
  static Clock::Duration modified(const struct stat& info) {
    return std::chrono::seconds(info.st_mtim.tv_sec) +
           std::chrono::nanoseconds(info.st_mtim.tv_nsec);
  }
  // Closed each time: only then does a network's server, and others who look, know of it.
  static void write_file(const fs::path& path, const std::string& text) {
    const int file =
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (file < 0) fail_to("write", path);
    finish(file, path, write_text(file, text));
  }
  static bool write_text(int file, const std::string& text) {
    return ::pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
  }
  static void finish(int file, const fs::path& path, bool done) {
    const int error = errno;
    if (::close(file) == 0 && done) return;
    if (!done) errno = error;
    fail_to("write", path);
  }

  fs::path lock_path_, owner_path_, probe_path_;
  int lock_ = -1;
};

}  // namespace

LeaseOwner LeaseOwner::this_process() {
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  std::random_device random;
  return {.host = host[0] ? host : "unknown",
          .boot = first_line("/proc/sys/kernel/random/boot_id"),
          .pid = ::getpid(),
          .born = birth_of(::getpid()),
          .since = utc_text(Clock::current().unix_time()),
          .nonce = fmt::format("{:08x}{:08x}", random(), random())};
}

std::unique_ptr<LeasePlace> lease_place(const fs::path& directory) {
  return std::make_unique<FilesOfLease>(directory);
}

}  // namespace tutti
