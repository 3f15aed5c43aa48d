// A search for the best model that a function builds, in Keras Tuner's words; trials train one
// after the other in this program (`tutti sweep` runs them beside each other).
//
//   ModelSearch tuner(build, {.objective = "val_accuracy", .tuner = "TPE", .max_trials = 20,
//                             .directory = "runs", .project_name = "iris"});
//   tuner.search(train, {.epochs = 20, .validation_split = 0.2});
//   tuner.results_summary();
//   auto best = tuner.get_best_models()[0];
//
// The directory holds Optuna's journal: a program that was killed goes on with the trials that it
// would have tried, and optuna-dashboard shows them meanwhile. Every call is for all ranks.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/filesystem.h"
#include "core/model/model.h"
#include "scheduler/pruners/pruner.h"
#include "scheduler/search/hyperparameters.h"
#include "scheduler/tuners/tuner.h"

namespace tutti {

class Study;  // scheduler/study/study.h
struct StudyRecord;
enum class Direction : int;
enum class TrialState : int;

struct ModelSearchOptions {
  std::string objective = "val_loss";
  std::string direction =
      "auto";  // min, max; auto: what the objective's name says, as EarlyStopping
  Ref<Tuner> tuner = "RandomSearch";  // not PBT, whose trials go on from others' states
  Ref<Pruner> pruner = {};  // none: every trial trains to its end. None that pauses trials.
  int64_t max_trials = 10;
  int64_t executions_per_trial = 1;   // with seeds of their own; a trial's score is their mean
  std::optional<uint64_t> seed = {};  // none: random_seed()
  std::string directory = ".", project_name = "untitled_project";
  bool overwrite = false;  // begin anew where the directory has a search
  int64_t max_consecutive_failed_trials = 3;
};

class ModelSearch {
 public:
  // A compiled model. It is also called, with bounds and choices in turn, to find out which
  // hyperparameters it asks for, and its weights have no elements then.
  using Build = std::function<std::shared_ptr<Model>(HyperParameters&)>;

  // Throws for a build that asks for no hyperparameter, and what it throws.
  ModelSearch(Build build, ModelSearchOptions options);
  ~ModelSearch();

  // Until there are max_trials, or nothing is left to try. A trial that throws has failed. Throws
  // Error: (numerics, or the trials' own) too many failed in succession; (data) an epoch measures
  // no objective, or the directory has another search; (stopped) on SIGTERM.
  void search(const RowSourcePtr& rows, const FitOptions& fit = {});
  void search(const Tensor& x, const Tensor& y, const FitOptions& fit = {});

  const SearchSpace& space() const { return space_; }
  // Of complete trials, the best first; also before search(), of a program before this one.
  std::vector<HyperParameters> get_best_hyperparameters(int64_t num_trials = 1) const;
  // As they were after their best epoch; of several executions, the first's.
  std::vector<std::shared_ptr<Model>> get_best_models(int64_t num_models = 1) const;
  void search_space_summary() const;
  void results_summary(int64_t num_trials = 10) const;

 private:
  struct Told;  // what rank 0 says of the next trial
  class Watch;  // of an execution
  struct Found {
    int64_t trial;
    double score;
    std::map<std::string, Config> values;
  };

  static constexpr const char* journal_file = "journal.log";

  FileSystem::Path folder() const;
  FileSystem::Path model_of(int64_t trial) const;
  void open();
  Told next();
  void run(const Told& trial, const RowSourcePtr& rows, const FitOptions& fit);
  std::optional<double> execute(const Told& trial, int64_t execution, const RowSourcePtr& rows,
                                const FitOptions& fit);
  void require_asked(const Told& trial, const HyperParameters& hp) const;
  void finish(int64_t trial, TrialState state, const std::vector<double>& scores);
  StudyRecord record() const;                    // rank 0's
  std::vector<Found> found(int64_t most) const;  // on all ranks

  Build build_;
  ModelSearchOptions options_;
  SearchSpace space_;
  Direction direction_;
  std::unique_ptr<Study> study_;  // rank 0's
  int64_t failures_ = 0;          // in succession
};

}  // namespace tutti
