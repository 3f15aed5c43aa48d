#include "launch/sweep/local_processes.h"

#include <signal.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "core/base/filesystem.h"
#include "launch/history.h"
#include "launch/run_directory.h"
#include "launch/sweep/objective_values.h"
#include "launch/sweep/trial_process.h"
#include "launch/sweep/trial_reports.h"
#include "launch/yaml_reader.h"

namespace tutti {
namespace {

namespace asio = boost::asio;
using Cause = ExecutionEnd::Cause;

struct Running {
  TrialCommand command;
  std::unique_ptr<TrialProcess> process;
  int64_t known = 0;  // the last epoch that the study has of it
};

}  // namespace

int64_t epochs_known(const Trial& trial) {
  if (trial.system_attributes.contains(kParent)) return INT64_MAX - 1;
  return trial.last_step().value_or(0);
}

class LocalProcesses::State {
 public:
  State(LocalProcessesOptions options, std::vector<StudyObjective> objectives,
        MakeCommand make_command)
      : options_(options),
        objectives_(std::move(objectives)),
        make_command_(std::move(make_command)) {}

  int slots() const { return options_.slots; }
  void set_slots(int slots) { options_.slots = slots; }

  void give(int64_t number, int slots) {
    if (const auto running = running_.find(number); running != running_.end())
      running->second.process->say(threads_text(slots * options_.threads));
  }

  void start(const Trial& trial, int64_t execution) {
    begin(trial.number, make_command_(trial, execution), epochs_known(trial));
  }

  void begin(int64_t number, TrialCommand command, int64_t known) {
    auto process = std::make_unique<TrialProcess>(
        context_, command, [this, number](const std::string& line) { hear(number, line); },
        [this, number] { ended_.push_back(number); });
    running_[number] = {std::move(command), std::move(process), known};
  }

  void stop(int64_t number) {
    const auto running = running_.find(number);
    if (running == running_.end()) return;
    running->second.process->signal(SIGTERM);
    running->second.process->kill_after(options_.grace);
  }

  void wait(Watcher& watcher, Clock::Duration at_most) {
    watcher_ = &watcher;
    context_.restart();
    context_.run_one_for(at_most);
    context_.poll();
    for (const int64_t number : std::exchange(ended_, {})) {
      const ExecutionEnd end = end_of(running_.at(number));
      if (end.cause == Cause::complete) catch_up(number, INT64_MAX);
      running_.erase(number);
      watcher.ended(number, end);
    }
  }

 private:
  void hear(int64_t number, const std::string& text) {
    const TrialLine line = parse_trial_line(text);
    const StudyObjective& judged = objectives_[0];
    if (!line.epoch) return require_measured(objectives_, line.metrics);
    const auto value = line.logs.find(judged.metric);  // not every epoch is validated
    Verdict verdict = catch_up(number, *line.epoch);
    if (verdict == Verdict::go_on && value != line.logs.end())
      verdict = watcher_->report(number, *line.epoch, value->second);
    TrialProcess& process = *running_.at(number).process;
    const char letter = verdict == Verdict::go_on ? kGoOn : kEnd;
    process.say({&letter, 1});
    if (verdict != Verdict::go_on) process.kill_after(options_.grace);
  }

  // Reports what its run has before that epoch and the study does not know: a journal may have lost
  // its last second with the power, and a run's state is on the disk sooner.
  Verdict catch_up(int64_t number, int64_t before) {
    Running& running = running_.at(number);
    const int64_t known = std::exchange(running.known, before);
    if (known >= before - 1) return Verdict::go_on;
    const auto file = running.command.run / RunDirectory::history_file;
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

  ExecutionEnd end_of(const Running& running) const {
    ExecutionEnd end{running.process->cause(), running.process->words()};
    if (end.cause != Cause::complete) return end;
    const std::filesystem::path& run = running.command.run;
    end.values = values_of(
        objectives_, read_history(FileSystem::current().read(run / RunDirectory::history_file)));
    const Config result = read_yaml_file(run / RunDirectory::result_file);
    if (const Config* parameters = result.find("parameters"))
      end.parameters = parameters->as_string();
    return end;
  }

  LocalProcessesOptions options_;
  std::vector<StudyObjective> objectives_;
  MakeCommand make_command_;
  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  Watcher* watcher_ = nullptr;
  std::vector<int64_t> ended_;
  std::map<int64_t, Running> running_;
};

LocalProcesses::LocalProcesses(LocalProcessesOptions options,
                               std::vector<StudyObjective> objectives, MakeCommand make_command)
    : state_(std::make_unique<State>(options, std::move(objectives), std::move(make_command))) {}
LocalProcesses::~LocalProcesses() = default;
int LocalProcesses::slots() const { return state_->slots(); }
void LocalProcesses::set_slots(int slots) { state_->set_slots(slots); }
void LocalProcesses::give(int64_t trial, int slots) { state_->give(trial, slots); }
void LocalProcesses::start(const Trial& trial, int64_t execution) {
  state_->start(trial, execution);
}
void LocalProcesses::begin(int64_t trial, TrialCommand command, int64_t known) {
  state_->begin(trial, std::move(command), known);
}
void LocalProcesses::stop(int64_t trial) { state_->stop(trial); }
void LocalProcesses::wait(Watcher& watcher, Clock::Duration at_most) {
  state_->wait(watcher, at_most);
}

}  // namespace tutti
