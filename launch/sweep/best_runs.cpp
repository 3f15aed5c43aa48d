#include "launch/sweep/best_runs.h"

#include <deque>

#include "core/base/error.h"
#include "launch/run_directory.h"
#include "launch/sweep/sweep_table.h"

namespace tutti {
namespace {

constexpr std::chrono::milliseconds kWait{200};

// Lets each train to its end.
class Trainings final : public Executor::Watcher {
 public:
  Verdict report(int64_t, int64_t, double) override { return Verdict::go_on; }
  void ended(int64_t trial, const ExecutionEnd& end) override { ends[trial] = end; }

  std::map<int64_t, ExecutionEnd> ends;
};

bool has_ended(const std::filesystem::path& run) {
  return FileSystem::current().exists(run / RunDirectory::result_file);
}

void require_same(const Trial& trial, const ExecutionEnd& end) {
  const std::string name = fmt::format("trial {}", trial.number);
  if (end.cause != ExecutionEnd::Cause::complete)
    fail(ExitCode::io, name, "it was complete, and trained again it is {}: {}", name_of(end.cause),
         end.words);
  const auto before = trial.user_attributes.find(kParameters);
  if (before == trial.user_attributes.end()) return;  // one of several executions
  if (before->second != end.parameters)
    fail(ExitCode::internal, name,
         "trained again it has the parameters {}, not {}: have its data or this program changed "
         "since?",
         end.parameters, before->second.get<std::string>());
}

// By a sweep, and not by another program that shares the journal.
bool was_trained(const Trial& trial) {
  return trial.user_attributes.contains(kParameters) || trial.user_attributes.contains(kExecutions);
}

}  // namespace

std::vector<const Trial*> kept_trials(const StudyFile& study, const StudyRecord& record) {
  if (!study.keep_best || record.directions.size() > 1) return best_trials(record);
  auto ranking = record.ranking();
  if (ranking.size() > static_cast<size_t>(*study.keep_best))
    ranking.resize(static_cast<size_t>(*study.keep_best));
  return ranking;
}

bool make_runs(const StudyFile& study, const SweepFolder& folder,
               const std::vector<const Trial*>& trials, const std::function<bool()>& stop_asked) {
  std::deque<const Trial*> waiting;
  for (const Trial* trial : trials)
    if (was_trained(*trial) && !has_ended(folder.run(trial->number))) waiting.push_back(trial);
  LocalProcesses executor({.slots = study.slots}, study.objectives,
                          [&](const Trial& trial, int64_t execution) {
                            return folder.command(study, trial, execution);
                          });
  Trainings trainings;
  std::map<int64_t, const Trial*> running;
  while (!waiting.empty() || !running.empty()) {
    if (stop_asked()) return false;
    for (; !waiting.empty() && static_cast<int>(running.size()) < study.slots;
         waiting.pop_front()) {
      executor.start(*waiting.front(), 0);
      running[waiting.front()->number] = waiting.front();
    }
    executor.wait(trainings, kWait);
    for (const auto& [number, end] : std::exchange(trainings.ends, {})) {
      require_same(*running.at(number), end);
      running.erase(number);
    }
  }
  return true;
}

}  // namespace tutti
