#include "launch/supervise/child_process.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <optional>
#include <thread>

#include "core/base/error.h"
#include "core/device/cpu/control_group.h"
#include "launch/supervise/guard.h"
#include "launch/supervise/line_reader.h"
#include "launch/supervise/start_process.h"

namespace tutti::supervise {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr milliseconds kLastLines{
    200};  // for what left the child's group and keeps its streams open
constexpr milliseconds kLastWait{5000};  // for a dying process that waits for a file system

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

ChildEnd describe(int status, const rusage& usage) {
  ChildEnd end;
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status), end.core_dumped = WCOREDUMP(status);
  if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
  end.user_seconds = seconds(usage.ru_utime);
  end.system_seconds = seconds(usage.ru_stime);
  end.peak_resident_bytes = static_cast<uint64_t>(usage.ru_maxrss) * 1024;
  end.major_faults = static_cast<uint64_t>(usage.ru_majflt);
  return end;
}

}  // namespace

class ChildProcess::State : public std::enable_shared_from_this<State> {
 public:
  State(asio::io_context& context, const ChildOptions& options, Handlers handlers)
      : handlers_(std::move(handlers)),
        deaths_(context, SIGCHLD),
        last_lines_(context),
        grace_end_(context),
        grace_(options.grace),
        memory_kills_(memory_kills()),
        started_(start_process(options)),
        streams_{Stream(context, started_.output, options.line_bytes,
                        [this](std::string line) { give(false, std::move(line)); }),
                 Stream(context, started_.error, options.line_bytes,
                        [this](std::string line) { give(true, std::move(line)); })} {}

  void begin() {
    try {
      guard_.emplace(started_.process, grace_);
    } catch (const Error&) {
      close();
      throw;
    }
    for (Stream& stream : streams_) read(stream);
    watch();
  }

  void close() {
    closed_ = true;
    signal(SIGKILL);
    const auto deadline = std::chrono::steady_clock::now() + kLastWait;
    while (!end_ && !reap() && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(milliseconds(1));
    guard_.reset();
    error_code ignored;
    deaths_.cancel(ignored);
    last_lines_.cancel();
    grace_end_.cancel();
    for (Stream& stream : streams_) stream.pipe.close(ignored);
  }

  pid_t process() const { return started_.process; }

  void signal(int number) {
    if (end_) return;
    killed_ = killed_ || number == SIGKILL;
    ::kill(-started_.process, number);
  }

  void end() {
    if (grace_.count() == 0) return signal(SIGKILL);
    signal(SIGTERM);
    grace_end_.expires_after(grace_);
    grace_end_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error && !self->closed_) self->signal(SIGKILL);
    });
  }

 private:
  struct Stream {
    Stream(asio::io_context& context, int descriptor, size_t line_bytes, LineReader::Use use)
        : pipe(context, descriptor), lines(line_bytes, std::move(use)) {}
    asio::posix::stream_descriptor pipe;
    LineReader lines;
    std::array<char, 16384> buffer;
  };

  void give(bool error, std::string line) {
    if (!closed_) handlers_.line(error, std::move(line));
  }

  void read(Stream& stream) {
    stream.pipe.async_read_some(
        asio::buffer(stream.buffer),
        [self = shared_from_this(), &stream](const error_code& error, size_t bytes) {
          if (self->closed_) return;
          stream.lines.feed({stream.buffer.data(), bytes});
          if (self->closed_) return;
          if (!error) return self->read(stream);
          error_code ignored;
          stream.pipe.close(ignored);
          self->tell_end();
        });
  }

  void watch() {
    deaths_.async_wait([self = shared_from_this()](const error_code& error, int) {
      if (error || self->closed_) return;
      if (!self->reap()) return self->watch();
      self->last_lines_.expires_after(kLastLines);
      self->last_lines_.async_wait([self](const error_code& cancelled) {
        error_code ignored;
        if (!cancelled && !self->closed_)
          for (Stream& stream : self->streams_) stream.pipe.cancel(ignored);  // its reader goes on
      });
      self->tell_end();
    });
  }

  // True once the child is dead and waited for. What is left of its group is killed before that,
  // while its number still means this group.
  bool reap() {
    siginfo_t info{};
    const int all = WEXITED | WNOHANG | WNOWAIT;
    if (::waitid(P_PID, static_cast<id_t>(started_.process), &info, all) != 0 || info.si_pid == 0)
      return false;
    ::kill(-started_.process, SIGKILL);
    int status = 0;
    rusage usage{};
    while (::wait4(started_.process, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    end_ = describe(status, usage);
    end_->out_of_memory = end_->signal == SIGKILL && !killed_ && memory_kills() > memory_kills_;
    if (guard_) guard_->release();
    return true;
  }

  void tell_end() {
    if (!end_ || streams_[0].pipe.is_open() || streams_[1].pipe.is_open()) return;
    last_lines_.cancel();
    grace_end_.cancel();
    for (Stream& stream : streams_) stream.lines.end();
    const auto ended = std::exchange(handlers_.ended, {});
    if (ended && !closed_) ended(*end_);
  }

  Handlers handlers_;
  asio::signal_set deaths_;  // before the child is started, or its death could be missed
  asio::steady_timer last_lines_, grace_end_;
  milliseconds grace_;
  uint64_t memory_kills_;
  StartedProcess started_;
  std::array<Stream, 2> streams_;
  std::optional<Guard> guard_;
  std::optional<ChildEnd> end_;
  bool killed_ = false, closed_ = false;
};

ChildProcess::ChildProcess(asio::io_context& context, const ChildOptions& options,
                           Handlers handlers)
    : state_(std::make_shared<State>(context, options, std::move(handlers))) {
  state_->begin();
}

ChildProcess::~ChildProcess() { state_->close(); }
pid_t ChildProcess::process() const { return state_->process(); }
void ChildProcess::signal(int number) { state_->signal(number); }
void ChildProcess::kill() { state_->signal(SIGKILL); }
void ChildProcess::end() { state_->end(); }

Ran run_child(const ChildOptions& options, std::chrono::milliseconds patience) {
  asio::io_context context;
  Ran ran;
  bool ended = false;
  ChildProcess child(context, options,
                     {[&](bool error, std::string line) {
                        (error ? ran.error : ran.output).push_back(std::move(line));
                      },
                      [&](const ChildEnd& end) { ran.end = end, ended = true; }});
  const auto run_until = [&](std::chrono::steady_clock::time_point end) {
    while (!ended && std::chrono::steady_clock::now() < end) context.run_one_until(end);
  };
  run_until(std::chrono::steady_clock::now() + patience);
  if (!ended) child.kill(), run_until(std::chrono::steady_clock::now() + kLastWait);
  return ran;
}

std::string this_program() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

std::string text_of(const ChildEnd& end) {
  if (end.signal == 0) return fmt::format("exited with code {}", end.exit_code);
  return fmt::format("killed by signal {} ({}){}{}", end.signal, ::strsignal(end.signal),
                     end.out_of_memory ? ", out of memory" : "",
                     end.core_dumped ? ", core dumped" : "");
}

void die_as(const ChildEnd& end) {
  if (end.well()) ::_exit(0);
  const rlimit no_core{0, 0};  // the child's is the one to look at
  ::setrlimit(RLIMIT_CORE, &no_core);
  const int number = end.signal ? end.signal : SIGKILL;
  sigset_t all;
  ::sigfillset(&all);
  ::signal(number, SIG_DFL);
  ::sigprocmask(SIG_UNBLOCK, &all, nullptr);
  ::raise(number);
  ::raise(SIGKILL);
  std::abort();
}

}  // namespace tutti::supervise
