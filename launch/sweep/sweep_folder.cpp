#include "launch/sweep/sweep_folder.h"

#include <fmt/format.h>

#include <charconv>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/model/model.h"
#include "launch/job_schema.h"
#include "launch/run_directory.h"
#include "launch/supervise/child_process.h"
#include "launch/yaml_reader.h"
#include "launch/yaml_writer.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

constexpr const char* kJobs = "jobs";
constexpr const char* kRuns = "trials";
constexpr const char* kOutput = "output";
constexpr const char* kStates = "suspended";
constexpr const char* kStop = "stop";
constexpr const char* kSlots = "slots";
constexpr size_t kLongestNumber = 20;

std::string name_of(int64_t trial, int64_t execution) {
  return execution == 0 ? std::to_string(trial) : fmt::format("{}.{}", trial, execution + 1);
}

fs::path coordinator_of(const fs::path& journal) { return journal.string() + ".coordinator"; }

}  // namespace

fs::path SweepFolder::run(int64_t trial, int64_t execution) const {
  return path_ / kRuns / name_of(trial, execution);
}

fs::path SweepFolder::job(int64_t trial) const {
  return path_ / kJobs / (name_of(trial, 0) + ".yaml");
}

bool SweepFolder::at_work() const {
  FileSystem& files = FileSystem::current();
  const fs::path held = coordinator_of(journal());
  if (!files.exists(held)) return false;
  try {
    files.lock(held);
    return false;
  } catch (const Error&) {
    return true;
  }
}

void SweepFolder::begin(const StudyFile& study, bool overwrite) const {
  FileSystem& files = FileSystem::current();
  if (files.exists(journal()) && !files.exists(this->study()))
    fail(ExitCode::io, path_.string(), "has a journal.log of something else; give another --run");
  if (overwrite && files.exists(this->study())) {
    files.make_directories(coordinator_of(journal()));
    const auto held = files.lock(coordinator_of(journal()));  // throws where one is at work
    for (const char* part : {kJobs, kRuns, kOutput, kStates, kStop, kSlots})
      files.remove(path_ / part);
    for (const auto& file : {report(), this->study(), journal()}) files.remove(file);
  }
  if (files.exists(this->study()))
    return refuse_other_study(study, read_yaml_file(this->study()), path_);
  files.make_directories(path_);
  files.write_atomically(this->study(), write_yaml(study.whole));
}

StudyFile SweepFolder::begun() const {
  if (!FileSystem::current().exists(study()))
    fail(ExitCode::data, path_.string(),
         "holds no sweep: study.yaml is not there; give the directory that tutti sweep names");
  return read_study_file(study());
}

StudyRecord SweepFolder::record(const StudyFile& study) const {
  JournalReader reader(journal());
  reader.read();
  const auto id = reader.record().find(study.options.name);
  if (reader.record().study_names().empty())
    fail(ExitCode::data, journal().string(), "has no study; tutti sweep begins one");
  if (!id)
    fail(ExitCode::data, journal().string(), "has no study '{}'; its studies are {}",
         study.options.name, fmt::join(reader.record().study_names(), ", "));
  const StudyRecord& record = reader.record().study(*id).record;
  if (record.directions.size() != study.objectives.size())
    fail(ExitCode::data, journal().string(),
         "has a study of {} objectives, and {} has {}; they are "
         "not of the same sweep",
         record.directions.size(), this->study().string(), study.objectives.size());
  return record;
}

std::optional<int> read_slots(std::string_view text) {
  int slots = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), slots);
  const bool number = error == std::errc() && end == text.data() + text.size();
  return number && slots >= 1 && slots <= kMostSlots ? std::optional(slots) : std::nullopt;
}

std::optional<int64_t> parent_of(const Trial& trial) {
  const auto parent = trial.system_attributes.find(kParent);
  if (parent == trial.system_attributes.end()) return {};
  return parent->second.get<int64_t>();
}

// A trial that goes on from another's state trains for as many epochs more.
void SweepFolder::add_epochs_of(int64_t parent, int64_t execution, schema::Job& frame) const {
  const std::string name = name_of(parent, execution);
  const int64_t past = Job::read(path_ / kJobs / (name + ".yaml")).frame().fit().epochs();
  frame.mutable_fit()->set_epochs(past + frame.fit().epochs());
}

Job SweepFolder::job(const StudyFile& study, const Point& point, int64_t execution) const {
  Job job = study.job.at(study.space, point);
  schema::Job& frame = job.frame();
  const int64_t seed = frame.has_seed() ? frame.seed() : static_cast<int64_t>(*study.options.seed);
  frame.set_seed(seed + execution);
  if (!frame.has_report()) frame.set_report(false);
  if (!frame.fit().has_epochs()) frame.mutable_fit()->set_epochs(FitOptions().epochs);
  return job;
}

TrialCommand SweepFolder::worker() const {
  FileSystem::current().make_directories(path_ / kOutput);
  return {{supervise::this_program(), "sweep", "trials", path_.string()},
          {},
          path_ / kOutput / "shared.log"};
}

fs::path SweepFolder::suspended(std::optional<int64_t> trial) const {
  const fs::path all = path_ / kStates;
  return trial ? all / std::to_string(*trial) : all;
}

void SweepFolder::forget_suspended() const { FileSystem::current().remove(suspended()); }

TrialCommand SweepFolder::command(const StudyFile& study, const Trial& trial,
                                  int64_t execution) const {
  FileSystem& files = FileSystem::current();
  Job job = this->job(study, trial.point, execution);
  schema::Job& frame = job.frame();
  const auto parent = parent_of(trial);
  if (parent) add_epochs_of(*parent, execution, frame);
  for (const char* part : {kJobs, kRuns, kOutput}) files.make_directories(path_ / part);
  const std::string name = name_of(trial.number, execution);
  files.write_atomically(path_ / kJobs / (name + ".yaml"), write_yaml(write_message(frame)));
  return training(study, trial.number, execution, parent);
}

TrialCommand SweepFolder::training(const StudyFile& study, int64_t trial, int64_t execution,
                                   std::optional<int64_t> parent) const {
  const std::string name = name_of(trial, execution);
  TrialCommand command{{}, run(trial, execution), path_ / kOutput / (name + ".log")};
  command.line = {supervise::this_program(),
                  "train",
                  path_ / kJobs / (name + ".yaml"),
                  "--run",
                  command.run,
                  "--resume",
                  "--threads",
                  std::to_string(study.threads)};
  if (parent) command.line.insert(command.line.end(), {"--fork", run(*parent, execution)});
  return command;
}

void SweepFolder::remove_checkpoints(const StudyRecord& record, int64_t keep,
                                     std::set<int64_t>& gone) const {
  const auto ranking = record.ranking();
  std::set<int64_t> best;
  for (const Trial* trial : ranking)
    if (static_cast<int64_t>(best.size()) < keep) best.insert(trial->number);
  for (const int64_t number : record.finished) {
    if (best.contains(number) || !gone.insert(number).second) continue;
    for (int64_t execution = 0; fs::exists(run(number, execution)); ++execution)
      FileSystem::current().remove(run(number, execution) / RunDirectory::checkpoints_folder);
  }
}

bool SweepFolder::asked_to_stop() const { return FileSystem::current().exists(path_ / kStop); }
std::optional<int> SweepFolder::asked_slots() const {
  FileSystem& files = FileSystem::current();
  if (!files.exists(path_ / kSlots)) return {};
  const std::string text = files.read(path_ / kSlots, kLongestNumber);
  if (const auto slots = read_slots(text)) return slots;
  fail(ExitCode::data, (path_ / kSlots).string(), "'{}' is no number of slots; remove it", text);
}

void SweepFolder::forget_asked() const {
  for (const char* file : {kStop, kSlots}) FileSystem::current().remove(path_ / file);
}

void SweepFolder::require_at_work() const {
  if (!at_work())
    fail(ExitCode::usage, path_.string(),
         "no sweep is at work here; tutti sweep status {} shows "
         "how far it is",
         path_.string());
}

void SweepFolder::ask_to_stop() const {
  require_at_work();
  FileSystem::current().write_atomically(path_ / kStop, "");
}

void SweepFolder::ask_for_slots(int slots) const {
  require_at_work();
  FileSystem::current().write_atomically(path_ / kSlots, std::to_string(slots));
}

}  // namespace tutti
