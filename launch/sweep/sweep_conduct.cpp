#include "launch/sweep/sweep_conduct.h"

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <iostream>
#include <optional>
#include <set>

#include "core/base/directory_lease.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/terminal.h"
#include "launch/stop_signal.h"
#include "launch/sweep/best_runs.h"
#include "launch/sweep/fused_trials.h"
#include "launch/sweep/report/sweep_report.h"
#include "launch/sweep/sweep_table.h"
#include "launch/sweep/sweep_worker.h"
#include "scheduler/executors/coordinator.h"

namespace tutti {
namespace {

constexpr size_t kLiveRows = 5;  // of the best trials
constexpr std::chrono::milliseconds kDraw{500};
// While somebody holds the study and cannot be reached: a lease of a host that is gone lapses.
constexpr std::chrono::seconds kMeeting{90}, kServed{10};
constexpr std::chrono::milliseconds kPause{500};

// Tells people what the coordinator does, and keeps the checkpoints that are to stay.
class SweepTeller final : public SweepWatch {
 public:
  SweepTeller(const StudyFile& file, const SweepFolder& folder, const Study& study, bool watched)
      : file_(file), folder_(folder), study_(study), display_(watched) {}

  void began(const Trial& trial) override { display_.say(trial_line(file_, trial)); }
  void again(const Trial& trial, const ExecutionEnd& end) override {
    display_.say(fmt::format("[trial {}] {}: {}; it is begun again", trial.number,
                             name_of(end.cause), one_line(end.words)));
  }
  void ended(const Trial& trial) override {
    display_.say(trial_line(file_, trial));
    ++ended_;
    tidy();
  }
  // Also once at the end: what the study keeps may have changed since a trial ended.
  void tidy() {
    if (file_.keep_best)
      folder_.remove_checkpoints(study_.record(), *file_.keep_best, without_checkpoints_);
  }
  void waited() override {
    const auto now = Clock::current().now();
    if (now - drawn_ < kDraw) return;
    drawn_ = now;
    display_.draw(sweep_table(file_, study_.record(), kLiveRows, terminal_columns(), left(now)));
  }
  void say(const std::string& line) { display_.say(line); }
  void end() { display_.end(); }

 private:
  // At the pace of the trials so far.
  std::optional<double> left(Clock::Duration now) const {
    std::optional<double> seconds;
    const double passed = seconds_of(now - began_);
    if (file_.options.max_trials && ended_ > 0) {
      const auto all = *file_.options.max_trials;
      const auto finished = static_cast<int64_t>(study_.record().finished.size());
      seconds = passed / static_cast<double>(ended_) *
                static_cast<double>(std::max<int64_t>(0, all - finished));
    }
    if (file_.time)
      seconds =
          std::min(seconds.value_or(HUGE_VAL), std::max(0.0, seconds_of(*file_.time) - passed));
    return seconds;
  }

  const StudyFile& file_;
  const SweepFolder& folder_;
  const Study& study_;
  SweepDisplay display_;
  Clock::Duration began_ = Clock::current().now(), drawn_{};
  int64_t ended_ = 0;
  std::set<int64_t> without_checkpoints_;
};

std::unique_ptr<Executor> local_executor(const StudyFile& file, const SweepFolder& folder,
                                         int slots) {
  std::unique_ptr<Executor> alone = std::make_unique<LocalProcesses>(
      LocalProcessesOptions{.slots = slots, .threads = file.threads}, file.objectives,
      [&](const Trial& trial, int64_t execution) {
        return folder.command(file, trial, execution);
      });
  if (!file.fuse) return alone;
  return std::make_unique<FusedTrials>(FusedTrialsOptions{.judged = file.pruner != nullptr},
                                       file.objectives, folder.worker(), std::move(alone));
}

// A sweep that went well is not failed by a page about it.
void add_report(const SweepFolder& folder) {
  try {
    std::cout << "report: " << write_sweep_report(folder).string() << "\n";
  } catch (const Error& error) {
    log_warn("the sweep has no report: {}; `tutti sweep report {}` makes one", error.what(),
             folder.path().string());
  }
}

[[noreturn]] void fail_stopped(const SweepFolder& folder) {
  fail(ExitCode::stopped, "sweep",
       "stopped, and what ran has saved its state; go on with tutti sweep resume {}",
       folder.path().string());
}

// Between a study and an executor, until the study is over; false if it was asked to stop.
class Leading {
 public:
  Leading(const StudyFile& file, const SweepFolder& folder, const SweepParty& party, Study& study)
      : file_(file),
        folder_(folder),
        party_(party),
        study_(study),
        teller_(file, folder, study, party.watched) {}

  bool run() {
    std::cout << fmt::format("sweep: {} in {}; {} at a time{}, {} threads each\n",
                             sweep_counts(file_, study_.record()), folder_.path().string(),
                             party_.slots, party_.alone() ? "" : " in each process", file_.threads)
              << std::flush;
    bool over = false;
    if (party_.alone()) {
      over = run_with(*local_executor(file_, folder_, party_.slots));
      folder_.forget_suspended();
    } else {
      WorkerPool pool(folder_, file_, party_.pool,
                      [&](const std::string& line) { teller_.say(line); });
      over = run_with(pool);
      // Asked to stop itself, this process leaves the sweep to the others.
      if (over || folder_.asked_to_stop()) pool.dismiss(!over);
    }
    if (over) teller_.tidy();
    over = over && make_runs(file_, folder_, kept_trials(file_, study_.record()), stop_asked_);
    teller_.end();
    return over;
  }

  // Tells people what came of it.
  void finish() {
    std::cout << fmt::format("sweep: over, {}; {}\n",
                             why_.empty() ? "nothing is left to try" : why_,
                             sweep_counts(file_, study_.record()));
    add_report(folder_);
    if (best_trials(study_.record()).empty()) std::cout << "no trial is complete\n";
    print_best(folder_, file_, study_.record());
    std::cout << std::flush;
  }

 private:
  bool run_with(Executor& executor) {
    Coordinator coordinator(study_, executor,
                            {.executions = file_.executions,
                             .epochs = file_.epochs,
                             .time = file_.time,
                             .stop_asked = stop_asked_,
                             .slots = [&] { return folder_.asked_slots(); }},
                            teller_);
    const bool over = coordinator.run();
    why_ = coordinator.over();
    return over;
  }

  const StudyFile& file_;
  const SweepFolder& folder_;
  const SweepParty& party_;
  Study& study_;
  SweepTeller teller_;
  const std::function<bool()> stop_asked_ = [this] {
    return StopSignal::received() || folder_.asked_to_stop();
  };
  std::string why_;
};

void lead(const StudyFile& file, const SweepFolder& folder, const SweepParty& party, Study& study) {
  folder.forget_asked();
  Leading leading(file, folder, party, study);
  if (!leading.run()) fail_stopped(folder);
  leading.finish();
}

}  // namespace

void print_best(const SweepFolder& folder, const StudyFile& file, const StudyRecord& record) {
  for (const Trial* trial : best_trials(record)) {
    std::cout << trial_line(file, *trial) << "\n";
    const auto run = folder.run(trial->number);
    std::cout << "run: "
              << (FileSystem::current().exists(run) ? run.string() : "made when the sweep is over")
              << "\n";
  }
}

void work_for_sweep(const StudyFile& file, const SweepFolder& folder, int slots) {
  const StopSignal stop_signal;
  switch (serve_sweep(folder, file, slots)) {
    case WorkerEnd::over:
      return;
    case WorkerEnd::lost:
      fail(ExitCode::communication, folder.path().string(), "who leads the sweep is gone");
    default:
      fail_stopped(folder);
  }
}

void conduct_sweep(const StudyFile& file, const SweepFolder& folder, const SweepParty& party) {
  const StopSignal stop_signal;
  auto met = Clock::current().now();  // somebody who leads
  for (;;) {
    std::unique_ptr<Study> study;
    try {
      study = std::make_unique<Study>(folder.journal(), file.options, file.space, file.tuner,
                                      file.pruner);
    } catch (const DirectoryInUse&) {
      if (!party.joined || Clock::current().now() - met > kMeeting) throw;
    }
    if (study) return lead(file, folder, party, *study);
    const auto began = Clock::current().now();
    const WorkerEnd end = serve_sweep(folder, file, party.slots);
    if (end == WorkerEnd::over) return;
    if (end != WorkerEnd::lost) fail_stopped(folder);
    if (Clock::current().now() - began > kServed) met = Clock::current().now();
    Clock::current().sleep_for(kPause);
  }
}

}  // namespace tutti
