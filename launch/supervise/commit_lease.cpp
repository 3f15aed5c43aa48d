#include "launch/supervise/commit_lease.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "core/base/error.h"

namespace tutti::supervise {
namespace {

using Path = std::filesystem::path;

constexpr std::chrono::milliseconds kPause{200};
constexpr const char* kKeeperFile = "keeper";  // locked by the process that will remove all

int open_file(const Path& path) {
  return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

// Until nobody has held a lease for so long, or the folder is gone.
void keep(const Path& folder, int lock, std::chrono::milliseconds after) {
  for (auto unheld = std::chrono::milliseconds(0); unheld < after; unheld += kPause) {
    ::usleep(static_cast<useconds_t>(std::chrono::microseconds(kPause).count()));
    struct stat status = {};
    if (::fstat(lock, &status) != 0 || status.st_nlink == 0) return;
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0)
      unheld = -kPause;
    else
      ::flock(lock, LOCK_UN);
  }
  std::error_code none;
  std::filesystem::remove_all(folder, none);
}

// Nobody's child, and in nobody's group or terminal; it holds `office` as long as it lives.
[[noreturn]] void become_keeper(const Path& folder, int office, std::chrono::milliseconds after) {
  ::setsid();
  if (::fork() != 0) ::_exit(0);
  ::prctl(PR_SET_NAME, "tutti commits");
  for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2})
    ::signal(number, SIG_IGN);
  if (office != 0) ::dup2(office, 0);
  if (::chdir("/") != 0 || ::close_range(1, ~0u, 0) != 0) ::_exit(1);
  keep(folder, open_file(folder / CommitLease::lock_file), after);
  ::_exit(0);
}

// The first process that finds nobody there makes the keeper, which inherits the lock.
void make_keeper(const Path& folder, std::chrono::milliseconds after) {
  const int office = open_file(folder / kKeeperFile);
  if (office >= 0 && ::flock(office, LOCK_EX | LOCK_NB) == 0) {
    const pid_t child = ::fork();
    if (child == 0) become_keeper(folder, office, after);
    while (child > 0 && ::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  if (office >= 0) ::close(office);
}

}  // namespace

CommitLease::CommitLease(const Path& commits_of_job, std::chrono::milliseconds after) {
  struct stat status = {};
  if (::mkdir(commits_of_job.c_str(), 0700) == 0 || errno == EEXIST) {
    if (::lstat(commits_of_job.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
        status.st_uid == ::geteuid())
      lock_ = open_file(commits_of_job / lock_file);
    else
      errno = EPERM;
  }
  if (lock_ < 0 || ::flock(lock_, LOCK_SH) != 0)
    fail(ExitCode::io, commits_of_job.string(),
         "no place for the commits of the job: {}; remove what is there", std::strerror(errno));
  make_keeper(commits_of_job, after);
}

CommitLease::~CommitLease() { ::close(lock_); }

}  // namespace tutti::supervise
