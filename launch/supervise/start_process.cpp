#include "launch/supervise/start_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/error.h"

namespace tutti::supervise {
namespace {

class Pipe {
 public:
  explicit Pipe(const std::string& program) {
    if (::pipe2(ends_, O_CLOEXEC) != 0)
      fail(ExitCode::missing, program,
           "cannot be started: {}; raise the limit of descriptors "
           "(ulimit -n)",
           std::strerror(errno));
  }
  ~Pipe() {
    for (int& end : ends_) close(end);
  }
  Pipe(const Pipe&) = delete;
  int reading() const { return ends_[0]; }
  int writing() const { return ends_[1]; }
  int take_reading() { return std::exchange(ends_[0], -1); }
  void close_writing() { close(ends_[1]); }

 private:
  static void close(int& end) {
    if (end >= 0) ::close(std::exchange(end, -1));
  }
  int ends_[2] = {-1, -1};
};

// As exec takes them. Made before the fork: after it nothing may be allocated.
struct Strings {
  explicit Strings(std::vector<std::string> texts) : texts(std::move(texts)) {
    for (std::string& text : this->texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
  }
  std::vector<std::string> texts;
  std::vector<char*> pointers;
};

Strings environment_with(const std::vector<std::pair<std::string, std::string>>& more) {
  std::vector<std::string> all;
  for (char** entry = ::environ; *entry; ++entry) {
    const std::string text = *entry;
    const bool replaced = std::any_of(more.begin(), more.end(), [&](const auto& one) {
      return text.starts_with(one.first + "=");
    });
    if (!replaced) all.push_back(text);
  }
  for (const auto& [name, value] : more) all.push_back(name + "=" + value);
  return Strings(std::move(all));
}

// Libraries open sockets that a program started from here would hold open, listening ones too.
void keep_to_itself() {
  constexpr int first = STDERR_FILENO + 1, last = 65536;
  if (::close_range(first, ~0u, CLOSE_RANGE_CLOEXEC) == 0) return;
  for (int descriptor = first; descriptor < last; ++descriptor)
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

// In the child, until exec. Gives the errno of what failed.
int become(const ChildOptions& options, const Strings& arguments, const Strings& environment,
           pid_t parent, int output, int error) {
  ::setpgid(0, 0);
  if (options.grace.count() == 0) ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // else the guard ends it
  if (::getppid() != parent) ::_exit(127);                             // it died before that
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGPIPE, SIGCHLD, SIGINT, SIGTERM, SIGHUP}) ::signal(number, SIG_DFL);
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (nothing < 0 || ::dup2(nothing, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(error, 2) < 0)
    return errno;
  if (nothing != 0) ::close(nothing);
  keep_to_itself();
  for (const int descriptor : options.descriptors)
    if (::fcntl(descriptor, F_SETFD, 0) != 0) return errno;
  ::execvpe(arguments.pointers[0], arguments.pointers.data(), environment.pointers.data());
  return errno;
}

}  // namespace

StartedProcess start_process(const ChildOptions& options) {
  const std::string& program = options.command.at(0);
  Pipe output(program), error(program), failure(program);
  const Strings arguments(options.command), environment = environment_with(options.environment);
  const pid_t parent = ::getpid();
  const pid_t process = ::fork();
  if (process == 0) {
    const int reason =
        become(options, arguments, environment, parent, output.writing(), error.writing());
    [[maybe_unused]] const auto told = ::write(failure.writing(), &reason, sizeof reason);
    ::_exit(127);
  }
  if (process < 0)
    fail(ExitCode::missing, program,
         "cannot be started: {}; raise the limit of processes (ulimit -u)", std::strerror(errno));
  ::setpgid(process, process);  // as the child does: whichever comes first
  failure.close_writing();
  int reason = 0;
  ssize_t got = 0;
  do got = ::read(failure.reading(), &reason, sizeof reason);
  while (got < 0 && errno == EINTR);
  if (got == sizeof reason) {
    while (::waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
    }
    fail(ExitCode::missing, program, "cannot be started: {}; check its name and PATH",
         std::strerror(reason));
  }
  return {process, output.take_reading(), error.take_reading()};
}

}  // namespace tutti::supervise
