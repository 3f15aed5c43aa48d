// A study: asks what to try, is told what came of it, and keeps all of it in a journal.
//
//   Study study("runs/lr/journal.log", {.name = "lr", .max_trials = 100}, space, tuner, pruner);
//   while (const auto start = study.ask())
//     study.tell(start->trial, TrialState::complete,
//     {loss_of(study.record().trials[start->trial])});
//   study.end();
//
// Every decision is a pure function of the lines before it and of the seed. So a study that was
// killed goes on by opening the journal again: `running()` names the trials to take up.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/config.h"
#include "scheduler/pruners/pruner.h"
#include "scheduler/space/search_space.h"
#include "scheduler/study/journal.h"
#include "scheduler/study/trial.h"
#include "scheduler/tuners/tuner.h"

namespace tutti {

struct StudyOptions {
  std::string name = "study";
  std::vector<Direction> directions = {Direction::minimize};
  std::vector<std::string> metrics = {};   // names of the objectives, for who looks at the journal
  std::optional<uint64_t> seed = {};       // none: the journal's, or random_seed() of a new study
  std::optional<int64_t> max_trials = {};  // that were begun, whatever became of them
  std::optional<int64_t> max_failures = {};  // one more, and nothing is begun
  // Tried first, in this order: some hyperparameters of each, or all; the tuner gives the others.
  std::vector<std::map<std::string, Config>> enqueue = {};
};

class Study {
 public:
  // Opens the study of that name, or makes it. Throws Error: (job) the options contradict
  // themselves or the space; (data) the journal is damaged, or has a study of that name with other
  // directions, another seed or a hyperparameter of another kind; (io) another process has the
  // journal, or the disk fails.
  Study(const FileSystem::Path& journal, StudyOptions options, SearchSpace space,
        std::shared_ptr<Tuner> tuner, std::shared_ptr<Pruner> pruner = nullptr);

  const SearchSpace& space() const { return space_; }
  uint64_t seed() const { return seed_; }
  const StudyRecord& record() const { return entry().record; }
  // Trials that run, by number: not those of other programs, not suspended ones.
  std::vector<int64_t> running() const;

  struct Start {
    int64_t trial = 0;
    bool promoted = false;  // it was suspended, and goes on with its state
  };
  // What a free slot is given: a trial that is enqueued (here or by another program), else a
  // suspended one that the pruner promotes, else a new one; at the end, where none is complete, the
  // suspended one that came farthest. Null: nothing now, and nothing later unless a trial reports
  // or is enqueued.
  std::optional<Start> ask();
  // The first objective after a step of a running trial. A step that is not after the last one
  // (a trial that was taken up began again) is known, and goes on. A trial that has ended: stop.
  Verdict report(int64_t trial, int64_t step, double value);
  // How a running trial ended. A complete one has a value per objective; if one is NaN it failed.
  // A pruned one has its last intermediate value. False, and nothing done, if it had ended before.
  bool tell(int64_t trial, TrialState state, std::vector<double> values = {});
  // For people: "failure": "out of memory". Before the trial ends.
  void note(int64_t trial, const std::string& key, const nlohmann::json& value);
  // Each at most 0 where the trial is feasible. Before the trial ends.
  void constrain(int64_t trial, const std::vector<double>& constraints);
  // No trial runs, and none will: those that are suspended are pruned.
  void end();

  // Of one objective: the number of the best trial, if one is complete.
  std::optional<int64_t> best() const;
  // Why nothing more is begun, "" if something may be: "6 trials failed (max_failures 5)".
  std::string over() const;

  // Several calls with one write: the journal is held until `calls` returns.
  void together(const std::function<void()>& calls) { journal_->together(calls); }
  void poll() { journal_->poll(); }  // see Journal
  void sync() { journal_->sync(); }

 private:
  const JournalStudy& entry() const { return journal_->record().study(id_); }
  const Trial& trial_of(int64_t number) const;
  const Trial& running_trial(int64_t number) const;
  int64_t id_of(int64_t number) const;
  int64_t count(TrialState state) const;
  bool failed_too_often() const;
  void check() const;
  void make_study();
  void enqueue_missing();
  Point fixed_of(const std::map<std::string, Config>& values) const;
  std::optional<Start> ask_waiting();
  bool begin_waiting(const Trial& trial);
  Point complete(int64_t number, Point fixed);
  std::optional<Start> ask_pruner();
  std::optional<Start> ask_tuner();
  std::optional<Start> ask_for_one_that_is_whole();
  Verdict judge(int64_t number);
  void finish(int64_t number, TrialState state, std::vector<double> values);

  StudyOptions options_;
  SearchSpace space_;
  std::shared_ptr<Tuner> tuner_;
  std::shared_ptr<Pruner> pruner_;
  std::optional<Journal> journal_;
  int64_t id_ = 0;
  uint64_t seed_ = 0;
};

}  // namespace tutti
