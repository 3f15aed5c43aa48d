// `tutti sweep`: a study file to a directory of trials; where it is, what is best, and its end.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <optional>

#include "core/base/error.h"
#include "core/base/terminal.h"
#include "launch/commands/command.h"
#include "launch/slurm/submission.h"
#include "launch/supervise/child_process.h"
#include "launch/sweep/fused_worker.h"
#include "launch/sweep/report/sweep_report.h"
#include "launch/sweep/sweep_conduct.h"
#include "launch/sweep/sweep_export.h"
#include "launch/sweep/sweep_folder.h"
#include "launch/sweep/sweep_party.h"
#include "launch/sweep/sweep_table.h"
#include "launch/sweep/trial_reports.h"

namespace tutti {
namespace {

constexpr size_t kStatusRows = 20;  // of the best trials
constexpr const char* kWords[] = {"resume", "status", "best", "stop", "report", "slots", "export"};

class SweepCommand : public LoneCommand {
 public:
  std::string name() const override { return "sweep"; }
  std::string usage() const override {
    return "STUDY [--set PATH=VALUE]... [--run DIR] | resume|status|best|stop|report DIR | "
           "slots DIR N | export DIR FILE | STUDY --slurm [--array N]";
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
           "tutti sweep export runs/study best.keras\n"
           "mpirun -n 4 tutti sweep study.yaml\n"
           "tutti sweep study.yaml --slurm --slots 8 --array 4 --time 2:00:00\n";
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
        "slots", options::value<int>(),
        "trials at a time, in place of what the study says; of each process or host where there "
        "are "
        "several")("join",
                   "begin it in several processes, on any hosts that see its directory: the first "
                   "leads, the others train for it; mpirun, srun and Slurm's arrays imply it")(
        "interface", options::value<std::string>(),
        "where the others reach the one that leads: an interface's name or address")(
        "overwrite", "begin anew where there is a sweep");
    slurm::declare_submission(named, "with --slurm: so many jobs that share the sweep");
    ordered.add("words", -1);
  }
  void run(const options::variables_map& given, Session&) const override {
    const auto words = given.count("words") ? given["words"].as<std::vector<std::string>>()
                                            : std::vector<std::string>();
    const auto is = [&](const char* word) { return words.size() == 2 && words[0] == word; };
    refuse_options(words, given);
    if (is("status")) return status(SweepFolder(words[1]));
    if (is("best")) return best(SweepFolder(words[1]));
    if (is("stop")) return stop(SweepFolder(words[1]));
    if (is("report")) return say(write_sweep_report(SweepFolder(words[1])).string());
    if (is("work")) return work(SweepFolder(words[1]), given);
    slurm::refuse_without_slurm(given);
    if (is("resume")) {
      const SweepFolder folder(words[1]);
      const StudyFile file = with_slots(folder.begun(), given);
      return take_part(file, folder, party_of(file, folder, given));
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
    if (std::ranges::find(kWords, words[0]) != std::end(kWords) &&
        !FileSystem::current().exists(words[0]))
      fail(ExitCode::usage, "tutti sweep", "'{}' needs the sweep's directory; use: tutti sweep {}",
           words[0], usage());
    sweep(words[0], given);
  }

 private:
  // Options that would change nothing: what a sweep that has begun tries stands in its directory.
  static void refuse_options(const std::vector<std::string>& words,
                             const options::variables_map& given) {
    if (words.size() < 2) return;
    for (const char* option : {"set", "run", "overwrite", "slurm"})
      if (given.count(option))
        fail(ExitCode::usage, fmt::format("--{}", option),
             "is for a study file, as tutti sweep study.yaml --run {}; leave it out", words[1]);
    if (words[0] == "resume" || words[0] == "work") return;
    for (const char* option : {"slots", "join", "interface"})
      if (given.count(option))
        fail(ExitCode::usage, fmt::format("--{}", option),
             "is not for tutti sweep {}; leave it out", words[0]);
  }

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
    const auto slots = read_slots(text);
    if (!slots)
      fail(ExitCode::usage, "tutti sweep slots", "expected 1 to {}, got {}", kMostSlots, text);
    folder.ask_for_slots(*slots);
    std::cout << "asked for " << *slots << " trials at a time" << std::endl;
  }

  static void sweep(const std::string& path, const options::variables_map& given) {
    std::vector<std::string> overrides;
    if (given.count("set")) overrides = given["set"].as<std::vector<std::string>>();
    const StudyFile file = with_slots(read_study_file(path, overrides), given);
    const SweepFolder folder(text_option(given, "run", "runs/" + file.options.name));
    const bool overwrite = given.count("overwrite") > 0 || file.overwrite;
    const SweepParty party = party_of(file, folder, given);
    if (overwrite && (party.joined || given.count("slurm")))
      fail(ExitCode::usage, "overwrite",
           "is not for a sweep that several processes begin, or one again and again; remove {} "
           "instead",
           folder.path().string());
    if (given.count("slurm")) return give_to_slurm(path, file, folder, overrides, given);
    folder.begin(file, overwrite);
    take_part(file, folder, party);
  }

  static void give_to_slurm(const std::string& path, const StudyFile& file,
                            const SweepFolder& folder, const std::vector<std::string>& overrides,
                            const options::variables_map& given) {
    std::vector<std::string> words = {supervise::this_program(), "sweep", path, "--run",
                                      folder.path().string()};
    for (const auto& set : overrides) words.insert(words.end(), {"--set", set});
    if (given.count("interface"))
      words.insert(words.end(), {"--interface", given["interface"].as<std::string>()});
    const std::string script = write_script(
        slurm::sweep_script_of(given, std::move(words), file.options.name, folder.path()));
    if (given.count("dry-run")) {
      std::cout << script << std::flush;
      return;
    }
    slurm::submit_and_tell(script, folder.path());
  }

  static StudyFile with_slots(StudyFile file, const options::variables_map& given) {
    if (!given.count("slots")) return file;
    file.slots = given["slots"].as<int>();
    if (file.slots < 1 || file.slots > kMostSlots)
      fail(ExitCode::usage, "--slots", "expected 1 to {}, got {}", kMostSlots, file.slots);
    return file;
  }
  // Of a process that the sweep started.
  static void trials(const SweepFolder& folder) {
    const auto socket = trial_socket();
    if (!socket)
      fail(ExitCode::usage, "tutti sweep trials",
           "is for tutti sweep itself; use: tutti sweep status {}", folder.path().string());
    serve_trials(folder, *socket);
  }

  // The same, of one that trains for another process.
  static void work(const SweepFolder& folder, const options::variables_map& given) {
    leave_launcher();
    const StudyFile file = with_slots(folder.begun(), given);
    work_for_sweep(file, folder, file.slots);
  }

  static SweepParty party_of(const StudyFile& file, const SweepFolder& folder,
                             const options::variables_map& given) {
    PartyOptions options{.join = given.count("join") > 0, .study_slots = file.slots};
    if (given.count("slots")) options.slots = file.slots;
    if (given.count("interface")) options.interface = given["interface"].as<std::string>();
    SweepParty party = sweep_party(process_environment(), folder, options);
    party.watched = stdout_is_watched();  // which leave_launcher() makes unknown
    return party;
  }

  static void take_part(const StudyFile& file, const SweepFolder& folder, const SweepParty& party) {
    if (detect_launcher(process_environment()).launcher != Launcher::none) leave_launcher();
    conduct_sweep(file, folder, party);
  }
};

const bool sweep_command_added = add_command(std::make_unique<SweepCommand>());

}  // namespace
}  // namespace tutti
