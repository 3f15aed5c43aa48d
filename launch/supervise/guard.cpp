#include "launch/supervise/guard.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "core/base/error.h"

namespace tutti::supervise {
namespace {

constexpr std::chrono::milliseconds kLook{100};  // between two looks at what should end

// Between fork and here only calls that are safe after a fork. Nothing of the parent is kept open:
// a pipe that the guard held would not end with those who use it.
[[noreturn]] void watch(int line, pid_t group, std::chrono::milliseconds grace) {
  ::setsid();
  ::prctl(PR_SET_NAME, "tutti guard");
  for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2})
    ::signal(number, SIG_IGN);
  ::dup2(line, 0);
  if (::close_range(1, ~0u, 0) != 0)
    for (int descriptor = 1; descriptor < 65536; ++descriptor) ::close(descriptor);
  char released = 0;
  ssize_t got = 0;
  do got = ::read(0, &released, 1);
  while (got < 0 && errno == EINTR);
  if (got == 1) ::_exit(0);
  if (grace > kLook) ::kill(-group, SIGTERM);  // once: mpirun takes a second one for impatience
  for (; grace > kLook && ::kill(-group, 0) == 0; grace -= kLook) {
    const timespec look{0, kLook / std::chrono::nanoseconds(1)};
    ::nanosleep(&look, nullptr);
  }
  ::kill(-group, SIGKILL);
  ::_exit(0);
}

}  // namespace

Guard::Guard(pid_t group, std::chrono::milliseconds grace) {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0 ||
      (process_ = ::fork()) < 0) {
    const int reason = errno;
    for (const int end : ends)
      if (end >= 0) ::close(end);
    fail(ExitCode::missing, "supervise",
         "no process can be made to watch over a rank: {}; raise the "
         "limit of processes or descriptors (ulimit -u, -n)",
         std::strerror(reason));
  }
  if (process_ == 0) watch(ends[0], group, grace);
  ::close(ends[0]);
  line_ = ends[1];
}

void Guard::release() {
  // Somebody may have killed the guard: that is no reason to end by SIGPIPE.
  if (line_ >= 0) [[maybe_unused]]
    const auto told = ::send(line_, "r", 1, MSG_NOSIGNAL);
}

Guard::~Guard() {
  ::close(line_);
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace tutti::supervise
