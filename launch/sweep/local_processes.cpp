#include "launch/sweep/local_processes.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio.hpp>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/base/terminal.h"
#include "launch/history.h"
#include "launch/run_directory.h"
#include "launch/supervise/child_process.h"
#include "launch/supervise/line_reader.h"
#include "launch/sweep/trial_reports.h"

namespace tutti {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Cause = ExecutionEnd::Cause;

constexpr size_t kLongestLine = size_t{1} << 20;

Cause cause_of(const supervise::ChildEnd& end) {
  if (end.out_of_memory) return Cause::out_of_memory;
  if (end.signal == SIGKILL || end.signal == SIGTERM || end.signal == SIGINT ||
      end.signal == SIGHUP)
    return Cause::killed;
  if (end.signal != 0) return Cause::crashed;
  switch (static_cast<ExitCode>(end.exit_code)) {
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

// Two ends, both closed on exec unless a child is to inherit one.
std::array<int, 2> socket_pair() {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    fail(ExitCode::missing, "sweep",
         "no trial can be started: {}; raise the limit of descriptors (ulimit -n)",
         std::strerror(errno));
  return ends;
}

class Process {
 public:
  Process(asio::io_context& context, TrialCommand command,
          std::function<void(const std::string&)> line, std::function<void()> ended)
      : command_(std::move(command)),
        use_(std::move(line)),
        ended_(std::move(ended)),
        socket_(context),
        lines_(kLongestLine, [this](const std::string& text) { use_(text); }),
        kill_(context) {
    output_ = FileSystem::current().extend(command_.output);
    const auto ends = socket_pair();
    socket_.assign(asio::local::stream_protocol(), ends[0]);
    supervise::ChildOptions options;
    options.command = command_.line;
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

  void answer(char letter) {
    const std::string text(1, letter);
    error_code ignored;  // it has ended: somebody else says so
    asio::write(socket_, asio::buffer(text), ignored);
  }

  void end_within(std::chrono::milliseconds grace) {
    kill_.expires_after(grace);
    kill_.async_wait([this](const error_code& error) {
      if (!error) child_->kill();
    });
  }
  void signal(int number) { child_->signal(number); }

  const TrialCommand& command() const { return command_; }
  // Once it has ended.
  Cause cause() const { return cause_of(*end_); }
  std::string words() const {
    const bool said = !last_error_.empty() && end_->signal == 0;
    return said ? one_line(last_error_) : supervise::text_of(*end_);
  }

 private:
  void keep(bool error, std::string text) {
    output_->write(text + "\n");
    if (error && !text.empty()) last_error_ = std::move(text);
  }

  void read() {
    socket_.async_read_some(asio::buffer(buffer_), [this](const error_code& error, size_t bytes) {
      if (error) return;  // gone with this object, or the process has ended
      lines_.feed({buffer_.data(), bytes});
      read();
    });
  }

  TrialCommand command_;
  std::function<void(const std::string&)> use_;
  std::function<void()> ended_;
  asio::local::stream_protocol::socket socket_;
  supervise::LineReader lines_;
  asio::steady_timer kill_;
  std::array<char, 4096> buffer_{};
  std::unique_ptr<OutputFile> output_;
  std::string last_error_;
  std::optional<supervise::ChildEnd> end_;
  std::optional<supervise::ChildProcess> child_;
};

}  // namespace

class LocalProcesses::State {
 public:
  State(LocalProcessesOptions options, std::vector<StudyObjective> objectives,
        MakeCommand make_command)
      : options_(options),
        objectives_(std::move(objectives)),
        make_command_(std::move(make_command)) {}

  int slots() const { return options_.slots; }

  void start(const Trial& trial, int64_t execution) {
    const int64_t number = trial.number;
    running_[number] = std::make_unique<Process>(
        context_, make_command_(trial, execution),
        [this, number](const std::string& line) { hear(number, line); },
        [this, number] { ended_.push_back(number); });
    known_[number] =
        trial.system_attributes.contains(kParent) ? INT64_MAX - 1 : trial.last_step().value_or(0);
  }

  void stop(int64_t number) {
    const auto process = running_.find(number);
    if (process == running_.end()) return;
    process->second->signal(SIGTERM);
    process->second->end_within(options_.grace);
  }

  void wait(Watcher& watcher, Clock::Duration at_most) {
    watcher_ = &watcher;
    context_.restart();
    context_.run_one_for(at_most);
    context_.poll();
    for (const int64_t number : std::exchange(ended_, {})) {
      const ExecutionEnd end = end_of(*running_.at(number));
      if (end.cause == Cause::complete) catch_up(number, INT64_MAX);
      running_.erase(number);
      watcher.ended(number, end);
    }
  }

 private:
  void hear(int64_t number, const std::string& text) {
    const TrialLine line = parse_trial_line(text);
    const StudyObjective& judged = objectives_[0];
    if (!line.epoch) return require_measured(line.metrics);
    const auto value = line.logs.find(judged.metric);  // not every epoch is validated
    Verdict verdict = catch_up(number, *line.epoch);
    if (verdict == Verdict::go_on && value != line.logs.end())
      verdict = watcher_->report(number, *line.epoch, value->second);
    Process& process = *running_.at(number);
    process.answer(verdict == Verdict::go_on ? kGoOn : kEnd);
    if (verdict != Verdict::go_on) process.end_within(options_.grace);
  }

  // Reports what its run has before that epoch and the study does not know: a journal may have lost
  // its last second with the power, and a run's state is on the disk sooner. Once for each start.
  Verdict catch_up(int64_t number, int64_t before) {
    const int64_t known = std::exchange(known_.at(number), before);
    if (known >= before - 1) return Verdict::go_on;
    const auto file = running_.at(number)->command().run / RunDirectory::history_file;
    auto history = read_history(FileSystem::current().read(file));
    const auto &epochs = history["epoch"], &values = history[objectives_[0].metric];
    for (size_t i = 0; i < std::min(epochs.size(), values.size()); ++i) {
      const auto epoch = static_cast<int64_t>(epochs[i]) + 1;
      if (epoch <= known || epoch >= before || std::isnan(values[i])) continue;
      const Verdict verdict = watcher_->report(number, epoch, values[i]);
      if (verdict != Verdict::go_on) return verdict;
    }
    return Verdict::go_on;
  }

  void require_measured(const std::vector<std::string>& metrics) const {
    for (const auto& objective : objectives_)
      if (std::ranges::find(metrics, objective.metric) == metrics.end())
        fail(objective.place, "no epoch measures '{}'{}; the job's epochs measure {}",
             objective.metric, did_you_mean(objective.metric, metrics), fmt::join(metrics, ", "));
  }

  ExecutionEnd end_of(const Process& process) const {
    ExecutionEnd end{process.cause(), process.words()};
    if (end.cause != Cause::complete) return end;
    const auto file = process.command().run / RunDirectory::history_file;
    const auto history = read_history(FileSystem::current().read(file));
    for (const auto& objective : objectives_) {
      const auto column = history.find(objective.metric);
      if (column == history.end()) {
        std::vector<std::string> names;
        for (const auto& [name, values] : history)
          if (name != "epoch") names.push_back(name);
        require_measured(names);
      }
      end.values.push_back(value_of(objective, column->second));
    }
    return end;
  }

  // Of the epochs that measured it.
  static double value_of(const StudyObjective& objective, std::vector<double> values) {
    std::erase_if(values, [](double value) { return std::isnan(value); });
    if (values.empty()) return std::nan("");
    if (!objective.best_epoch) return values.back();
    return objective.direction == Direction::maximize ? std::ranges::max(values)
                                                      : std::ranges::min(values);
  }

  LocalProcessesOptions options_;
  std::vector<StudyObjective> objectives_;
  MakeCommand make_command_;
  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  Watcher* watcher_ = nullptr;
  std::vector<int64_t> ended_;
  std::map<int64_t, int64_t> known_;  // the last epoch that the study knows of a running trial
  std::map<int64_t, std::unique_ptr<Process>> running_;
};

LocalProcesses::LocalProcesses(LocalProcessesOptions options,
                               std::vector<StudyObjective> objectives, MakeCommand make_command)
    : state_(std::make_unique<State>(options, std::move(objectives), std::move(make_command))) {}
LocalProcesses::~LocalProcesses() = default;
int LocalProcesses::slots() const { return state_->slots(); }
void LocalProcesses::start(const Trial& trial, int64_t execution) {
  state_->start(trial, execution);
}
void LocalProcesses::stop(int64_t trial) { state_->stop(trial); }
void LocalProcesses::wait(Watcher& watcher, Clock::Duration at_most) {
  state_->wait(watcher, at_most);
}

}  // namespace tutti
