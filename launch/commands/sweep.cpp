// `tutti sweep`: a study file to a directory of trials; where it is, what is best, and its end.
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <iostream>
#include <optional>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/terminal.h"
#include "launch/commands/command.h"
#include "launch/stop_signal.h"
#include "launch/sweep/best_runs.h"
#include "launch/sweep/fused_trials.h"
#include "launch/sweep/fused_worker.h"
#include "launch/sweep/report/sweep_report.h"
#include "launch/sweep/sweep_export.h"
#include "launch/sweep/sweep_folder.h"
#include "launch/sweep/sweep_table.h"
#include "launch/sweep/trial_reports.h"
#include "scheduler/executors/coordinator.h"

namespace tutti {
namespace {

constexpr size_t kLiveRows = 5, kStatusRows = 20;  // of the best trials
constexpr std::chrono::milliseconds kDraw{500};

// Tells people what the coordinator does, and keeps the checkpoints that are to stay.
class SweepTeller final : public SweepWatch {
 public:
  SweepTeller(const StudyFile& file, const SweepFolder& folder, const Study& study)
      : file_(file), folder_(folder), study_(study), display_(stdout_is_watched()) {}

  void began(const Trial& trial) override { display_.say(trial_line(file_, trial)); }
  void again(const Trial& trial, const ExecutionEnd& end) override {
    display_.say(fmt::format("[trial {}] {}: {}; it is begun again", trial.number,
                             name_of(end.cause), one_line(end.words)));
  }
  void ended(const Trial& trial) override {
    display_.say(trial_line(file_, trial));
    ++ended_;
    if (file_.keep_best)
      folder_.remove_checkpoints(study_.record(), *file_.keep_best, without_checkpoints_);
  }
  void waited() override {
    const auto now = Clock::current().now();
    if (now - drawn_ < kDraw) return;
    drawn_ = now;
    display_.draw(sweep_table(file_, study_.record(), kLiveRows, terminal_columns(), left(now)));
  }
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

void print_best(const SweepFolder& folder, const StudyFile& file, const StudyRecord& record) {
  for (const Trial* trial : best_trials(record)) {
    std::cout << trial_line(file, *trial) << "\n";
    const auto run = folder.run(trial->number);
    std::cout << "run: "
              << (FileSystem::current().exists(run) ? run.string() : "made when the sweep is over")
              << "\n";
  }
}

class SweepCommand : public LoneCommand {
 public:
  std::string name() const override { return "sweep"; }
  std::string usage() const override {
    return "STUDY [--set PATH=VALUE]... [--run DIR] | resume|status|best|stop|report DIR | "
           "slots DIR N | export DIR FILE";
  }
  std::string summary() const override {
    return "try hyperparameters as a study file says; again to go on where it was";
  }
  std::string example() const override {
    return "tutti sweep study.yaml\n"
           "tutti sweep status runs/study\n"
           "tutti sweep best runs/study\n"
           "tutti sweep slots runs/study 4\n"
           "tutti sweep stop runs/study\n"
           "tutti sweep report runs/study\n"
           "tutti sweep export runs/study trials.csv\n"
           "tutti sweep export runs/study best.keras\n";
  }
  void declare(options::options_description& named,
               options::positional_options_description& ordered) const override {
    named.add_options()(
        "words", options::value<std::vector<std::string>>(),
        "a study file; or resume, status, best, stop or report, and a sweep's directory; or slots, "
        "the directory and a number; or export, the directory and a file: .csv, or .keras for the "
        "best trial's model")("run", options::value<std::string>(),
                              "the sweep's directory; runs/<name of the study> if left out")(
        "set", options::value<std::vector<std::string>>(),
        "PATH=VALUE, in place of what the study says: max_trials=5, job.fit.epochs=3")(
        "slots", options::value<int>(), "trials at a time, in place of what the study says")(
        "overwrite", "begin anew where there is a sweep");
    ordered.add("words", -1);
  }
  void run(const options::variables_map& given, Session&) const override {
    const auto words = given.count("words") ? given["words"].as<std::vector<std::string>>()
                                            : std::vector<std::string>();
    const auto is = [&](const char* word) { return words.size() == 2 && words[0] == word; };
    if (is("status")) return status(SweepFolder(words[1]));
    if (is("best")) return best(SweepFolder(words[1]));
    if (is("stop")) return stop(SweepFolder(words[1]));
    if (is("report")) return say(write_sweep_report(SweepFolder(words[1])).string());
    if (is("resume")) {
      const SweepFolder folder(words[1]);
      return conduct(with_slots(folder.begun(), given), folder);
    }
    if (words.size() == 3 && words[0] == "slots") return slots(SweepFolder(words[1]), words[2]);
    if (words.size() == 3 && words[0] == "export")
      return say(export_sweep(SweepFolder(words[1]), words[2]));
    if (is("trials")) return trials(SweepFolder(words[1]));
    if (words.size() != 1)
      fail(ExitCode::usage, "tutti sweep",
           "expected a study file, or a word, a directory and what goes with them; use: tutti "
           "sweep {}",
           usage());
    sweep(words[0], given);
  }

 private:
  static void say(const std::string& line) { std::cout << line << std::endl; }

  static void status(const SweepFolder& folder) {
    const StudyFile file = folder.begun();
    for (const auto& line : sweep_table(file, folder.record(file), kStatusRows, 0))
      std::cout << line << "\n";
  }

  static void best(const SweepFolder& folder) {
    const StudyFile file = folder.begun();
    const StudyRecord record = folder.record(file);
    if (best_trials(record).empty())
      fail(ExitCode::data, folder.path().string(), "no trial is complete; {}",
           sweep_counts(file, record));
    print_best(folder, file, record);
  }

  static void stop(const SweepFolder& folder) {
    folder.begun();
    folder.ask_to_stop();
    std::cout << "asked to stop: trials that run save their state, and the same tutti sweep goes on"
              << std::endl;
  }

  static void slots(const SweepFolder& folder, const std::string& text) {
    folder.begun();
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
      fail(ExitCode::usage, "tutti sweep slots", "expected a number, got {}", text);
    const int slots = slots_of("tutti sweep slots", number);
    folder.ask_for_slots(slots);
    std::cout << "asked for " << slots << " trials at a time" << std::endl;
  }

  // A sweep that went well is not failed by a page about it.
  static void add_report(const SweepFolder& folder) {
    try {
      say("report: " + write_sweep_report(folder).string());
    } catch (const Error& error) {
      log_warn("the sweep has no report: {}; `tutti sweep report {}` makes one", error.what(),
               folder.path().string());
    }
  }

  static void sweep(const std::string& path, const options::variables_map& given) {
    std::vector<std::string> overrides;
    if (given.count("set")) overrides = given["set"].as<std::vector<std::string>>();
    const StudyFile file = with_slots(read_study_file(path, overrides), given);
    const SweepFolder folder(text_option(given, "run", "runs/" + file.options.name));
    folder.begin(file, given.count("overwrite") > 0 || file.overwrite);
    conduct(file, folder);
  }

  static StudyFile with_slots(StudyFile file, const options::variables_map& given) {
    if (given.count("slots")) file.slots = slots_of("--slots", given["slots"].as<int>());
    return file;
  }
  static int slots_of(const char* where, int64_t slots) {
    if (slots < 1 || slots > kMostSlots)
      fail(ExitCode::usage, where, "expected 1 to {}, got {}", kMostSlots, slots);
    return static_cast<int>(slots);
  }

  static std::unique_ptr<Executor> executor_of(const StudyFile& file, const SweepFolder& folder) {
    std::unique_ptr<Executor> alone = std::make_unique<LocalProcesses>(
        LocalProcessesOptions{.slots = file.slots, .threads = file.threads}, file.objectives,
        [&](const Trial& trial, int64_t execution) {
          return folder.command(file, trial, execution);
        });
    if (!file.fuse) return alone;
    return std::make_unique<FusedTrials>(FusedTrialsOptions{.judged = file.pruner != nullptr},
                                         file.objectives, folder.worker(), std::move(alone));
  }

  // Of a process that the sweep started.
  static void trials(const SweepFolder& folder) {
    const auto socket = trial_socket();
    if (!socket)
      fail(ExitCode::usage, "tutti sweep trials",
           "is for tutti sweep itself; use: tutti sweep status {}", folder.path().string());
    serve_trials(folder, *socket);
  }

  static void conduct(const StudyFile& file, const SweepFolder& folder) {
    const StopSignal stop_signal;
    Study study(folder.journal(), file.options, file.space, file.tuner, file.pruner);
    folder.forget_asked();
    const auto executor = executor_of(file, folder);
    SweepTeller teller(file, folder, study);
    const auto stop_asked = [&] { return StopSignal::received() || folder.asked_to_stop(); };
    std::cout << fmt::format("sweep: {} in {}; {} at a time, {} threads each\n",
                             sweep_counts(file, study.record()), folder.path().string(), file.slots,
                             file.threads)
              << std::flush;
    Coordinator coordinator(study, *executor,
                            {.executions = file.executions,
                             .epochs = file.epochs,
                             .time = file.time,
                             .stop_asked = stop_asked,
                             .slots = [&] { return folder.asked_slots(); }},
                            teller);
    const bool over =
        coordinator.run() && make_runs(file, folder, kept_trials(file, study.record()), stop_asked);
    teller.end();
    if (!over)
      fail(ExitCode::stopped, "sweep",
           "stopped, and what ran has saved its state; go on with tutti sweep resume {}",
           folder.path().string());
    const std::string why = coordinator.over();
    std::cout << fmt::format("sweep: over, {}; {}\n", why.empty() ? "nothing is left to try" : why,
                             sweep_counts(file, study.record()));
    add_report(folder);
    print_best(folder, file, study.record());
    std::cout << std::flush;
  }
};

const bool sweep_command_added = add_command(std::make_unique<SweepCommand>());

}  // namespace
}  // namespace tutti
