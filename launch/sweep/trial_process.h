// A process that trains trials, as the sweep that started it sees it: lines over a socket
// (trial_reports.h), what it prints in a file, killed when this process ends.
#pragma once

#include <utility>  // Boost 1.74 forgets it

#include <array>
#include <boost/asio.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "launch/supervise/child_process.h"
#include "launch/supervise/line_reader.h"
#include "scheduler/executors/executor.h"

namespace tutti {

struct TrialCommand {
  std::vector<std::string> line;      // program and arguments
  std::filesystem::path run, output;  // its run directory; what it prints is appended to `output`
};

// Why a training ended that ended with this exit code.
ExecutionEnd::Cause cause_of(ExitCode code);

class TrialProcess {
 public:
  // `line` and `ended` are called on the thread that runs the context. Throws Error where it cannot
  // be started.
  TrialProcess(boost::asio::io_context& context, const TrialCommand& command,
               std::function<void(const std::string&)> line, std::function<void()> ended);

  void say(std::string_view text);  // nothing where it has ended
  void signal(int number) { child_->signal(number); }
  void kill() { child_->kill(); }
  void kill_after(std::chrono::milliseconds grace);

  // Once it has ended.
  ExecutionEnd::Cause cause() const;
  std::string words() const;

 private:
  void keep(bool error, std::string text);
  void read();

  std::function<void()> ended_;
  boost::asio::local::stream_protocol::socket socket_;
  supervise::LineReader lines_;
  boost::asio::steady_timer kill_;
  std::array<char, 1 << 14> buffer_{};
  std::unique_ptr<OutputFile> output_;
  std::string last_error_;
  std::optional<supervise::ChildEnd> end_;
  std::optional<supervise::ChildProcess> child_;
};

}  // namespace tutti
