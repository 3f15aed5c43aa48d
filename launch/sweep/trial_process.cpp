#include "launch/sweep/trial_process.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/base/error.h"
#include "core/base/terminal.h"
#include "launch/sweep/trial_reports.h"

namespace tutti {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Cause = ExecutionEnd::Cause;

// Two ends, both closed on exec unless a child is to inherit one.
std::array<int, 2> socket_pair() {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    fail(ExitCode::missing, "sweep",
         "no trial can be started: {}; raise the limit of descriptors (ulimit -n)",
         std::strerror(errno));
  return ends;
}

}  // namespace

Cause cause_of(ExitCode code) {
  switch (code) {
    case ExitCode::ok:
      return Cause::complete;
    case ExitCode::stopped:
      return Cause::stopped;
    case ExitCode::numerics:
      return Cause::diverged;
    case ExitCode::usage:
    case ExitCode::job:
    case ExitCode::data:
    case ExitCode::world:
    case ExitCode::missing:
      return Cause::refused;
    case ExitCode::io:
      return Cause::disk;
    default:
      return Cause::crashed;
  }
}

TrialProcess::TrialProcess(asio::io_context& context, const TrialCommand& command,
                           std::function<void(const std::string&)> line,
                           std::function<void()> ended)
    : ended_(std::move(ended)),
      socket_(context),
      lines_(kLongestTrialLine, [use = std::move(line)](const std::string& text) { use(text); }),
      kill_(context),
      output_(FileSystem::current().extend(command.output)) {
  const auto ends = socket_pair();
  socket_.assign(asio::local::stream_protocol(), ends[0]);
  supervise::ChildOptions options;
  options.command = command.line;
  options.environment = {{kTrialSocket, std::to_string(ends[1])}};
  options.descriptors = {ends[1]};
  try {
    child_.emplace(context, options,
                   supervise::ChildProcess::Handlers{
                       [this](bool error, std::string text) { keep(error, std::move(text)); },
                       [this](const supervise::ChildEnd& end) {
                         end_ = end;
                         ended_();
                       }});
  } catch (...) {
    ::close(ends[1]);
    throw;
  }
  ::close(ends[1]);
  read();
}

void TrialProcess::say(std::string_view text) {
  error_code ignored;  // it has ended: somebody else says so
  asio::write(socket_, asio::buffer(text), ignored);
}

void TrialProcess::kill_after(std::chrono::milliseconds grace) {
  kill_.expires_after(grace);
  kill_.async_wait([this](const error_code& error) {
    if (!error) child_->kill();
  });
}

Cause TrialProcess::cause() const {
  if (end_->out_of_memory) return Cause::out_of_memory;
  if (end_->signal == SIGKILL || end_->signal == SIGTERM || end_->signal == SIGINT ||
      end_->signal == SIGHUP)
    return Cause::killed;
  if (end_->signal != 0) return Cause::crashed;
  return cause_of(static_cast<ExitCode>(end_->exit_code));
}

std::string TrialProcess::words() const {
  const bool said = !last_error_.empty() && end_->signal == 0;
  return said ? one_line(last_error_) : supervise::text_of(*end_);
}

void TrialProcess::keep(bool error, std::string text) {
  output_->write(text + "\n");
  if (error && !text.empty()) last_error_ = std::move(text);
}

void TrialProcess::read() {
  socket_.async_read_some(asio::buffer(buffer_), [this](const error_code& error, size_t bytes) {
    if (error) return;  // gone with this object, or the process has ended
    lines_.feed({buffer_.data(), bytes});
    read();
  });
}

}  // namespace tutti
