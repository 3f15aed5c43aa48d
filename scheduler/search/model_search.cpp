#include "scheduler/search/model_search.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/hash.h"
#include "core/base/log.h"
#include "core/base/seed.h"
#include "core/callbacks/callback.h"
#include "core/model/model_file.h"
#include "core/model/world.h"
#include "scheduler/search/space_of_build.h"
#include "scheduler/study/study.h"
#include "scheduler/tuners/pbt.h"

namespace tutti {
namespace {

constexpr const char* kWhere = "ModelSearch";

// What another point of the space may do better. All else is wrong with the program, the data or
// the machine, and on one rank perhaps alone.
bool is_of_the_trial(const Error& error) {
  return error.code() == ExitCode::numerics || error.code() == ExitCode::job;
}

uint64_t seed_of(uint64_t seed, int64_t trial, int64_t execution) {
  const uint64_t words[] = {seed, static_cast<uint64_t>(trial), static_cast<uint64_t>(execution)};
  return hash64(words, sizeof words) >> 1;  // seeds are positive in files
}

std::string text_of(const std::map<std::string, Config>& values) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : values)
    texts.push_back(fmt::format("{} {}", name, to_string(value)));
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace

struct ModelSearch::Told {
  int64_t trial = -1;  // none: nothing is left to try
  std::map<std::string, Config> values = {};
  uint64_t seed = 0;  // the study's
};

// On rank 0: hears each epoch, keeps the model of the best one, and ends what the pruner stops.
class ModelSearch::Watch final : public Callback {
 public:
  using Options = NoOptions;
  Watch(ModelSearch& search, int64_t trial, bool first)
      : search_(search), trial_(trial), first_(first) {}
  const Options& options() const { return options_; }

  void on_epoch_end(int64_t epoch, const Logs& logs) override {
    names_ = logs.names();
    const double* value = logs.find(search_.options_.objective);
    if (value) measured_ = true;
    if (!value || !std::isfinite(*value)) return;
    const Direction direction = search_.direction_;
    if (!best_ || loss_of(direction, *value) < loss_of(direction, *best_)) {
      best_ = *value;
      if (first_) training().save_model(search_.model_of(trial_).string());
    }
    if (!first_ || !search_.options_.pruner) return;
    const Verdict verdict = search_.study_->report(trial_, epoch + 1, *value);
    if (verdict == Verdict::pause)
      fail(
          ExitCode::missing, kWhere,
          "the pruner pauses trials, which `tutti sweep` alone can let go on; leave out promotion");
    pruned_ = verdict == Verdict::stop;
    if (pruned_) training().stop_training();
  }

  // The best value of the objective; none if no epoch measured it, or as no finite one.
  std::optional<double> best() const { return best_; }
  bool measured() const { return measured_; }
  bool pruned() const { return pruned_; }
  const std::string& names() const { return names_; }

 private:
  Options options_;
  ModelSearch& search_;
  int64_t trial_;
  bool first_;  // of a trial's executions
  std::optional<double> best_;
  bool measured_ = false, pruned_ = false;
  std::string names_;
};

ModelSearch::ModelSearch(Build build, ModelSearchOptions options)
    : build_(std::move(build)), options_(std::move(options)) {
  if (options_.max_trials < 1 || options_.executions_per_trial < 1)
    fail(kWhere, "max_trials is {}, executions_per_trial {}; both are at least 1",
         options_.max_trials, options_.executions_per_trial);
  if (dynamic_cast<const Pbt*>(options_.tuner.pointer().get()))
    fail(kWhere,
         "trials of PBT go on from others' states, which `tutti sweep` alone lets them do; use "
         "another tuner");
  const MonitorMode mode = monitor_mode(kWhere, options_.direction, options_.objective);
  direction_ = mode == MonitorMode::min ? Direction::minimize : Direction::maximize;
  space_ = space_of_build([this](HyperParameters& hp) { build_(hp); });
  if (space_.empty())
    fail(kWhere, "the function that builds a model asks for no hyperparameter; ask for one, as {}",
         "hp.Int(\"units\", 32, 512, {.step = 32})");
}

ModelSearch::~ModelSearch() = default;

FileSystem::Path ModelSearch::folder() const {
  return FileSystem::Path(options_.directory) / options_.project_name;
}
FileSystem::Path ModelSearch::model_of(int64_t trial) const {
  return folder() / fmt::format("trial_{:04}", trial) / "model.keras";
}

void ModelSearch::open() {
  if (study_ || current_world().rank() != 0) return;
  FileSystem& files = FileSystem::current();
  files.make_directories(folder());
  if (options_.overwrite)
    for (const std::string& name : files.list(folder()))
      if (name.starts_with(journal_file) || name.starts_with("trial_"))
        files.remove(folder() / name);
  StudyOptions study;
  study.name = options_.project_name;
  study.directions = {direction_};
  study.metrics = {options_.objective};
  study.max_trials = options_.max_trials;
  study.seed = options_.seed;
  study_ = std::make_unique<Study>(folder() / journal_file, study, space_, options_.tuner.pointer(),
                                   options_.pruner.pointer());
}

ModelSearch::Told ModelSearch::next() {
  nlohmann::json told;
  if (study_) {
    const auto running = study_->running();  // when the program before this one was killed
    const auto start = running.empty() ? study_->ask() : Study::Start{running[0]};
    if (start) {
      const auto& trial = study_->record().trials[static_cast<size_t>(start->trial)];
      told = {{"trial", trial.number}, {"point", trial.point}, {"seed", study_->seed()}};
    }
  }
  told = nlohmann::json::parse(broadcast_text(current_world(), told.dump()));
  if (told.is_null()) return {};
  Told trial{told["trial"].get<int64_t>(), {}, told["seed"].get<uint64_t>()};
  trial.values = space_.values_of(told["point"].get<Point>());
  return trial;
}

void ModelSearch::search(const Tensor& x, const Tensor& y, const FitOptions& fit) {
  search(make_rows(x, y), fit);
}

void ModelSearch::search(const RowSourcePtr& rows, const FitOptions& fit) {
  open();
  const uint64_t seed = random_seed();
  failures_ = 0;
  for (Told trial = next(); trial.trial >= 0; trial = next()) run(trial, rows, fit);
  if (study_) study_->end(), study_->sync();
  set_random_seed(seed);
}

void ModelSearch::run(const Told& trial, const RowSourcePtr& rows, const FitOptions& fit) {
  std::vector<double> scores;
  try {
    for (int64_t i = 0; i < options_.executions_per_trial; ++i) {
      const auto score = execute(trial, i, rows, fit);
      if (!score) return finish(trial.trial, TrialState::pruned, {});
      scores.push_back(*score);
    }
  } catch (const Error& error) {
    if (!is_of_the_trial(error)) throw;
    if (study_) study_->note(trial.trial, kFailure, error.what());
    finish(trial.trial, TrialState::failed, {});
    if (++failures_ >= options_.max_consecutive_failed_trials) throw;
    log_warn("trial {} of {} failed with {}: {}", trial.trial + 1, options_.max_trials,
             text_of(trial.values), error.what());
    return;
  }
  failures_ = 0;
  finish(trial.trial, TrialState::complete, scores);
  if (!study_) return;
  const auto* best = study_->record().ranking().at(0);
  log_info("trial {} of {}: {} {:.4f} with {} (best: {:.4f}, trial {})", trial.trial + 1,
           options_.max_trials, options_.objective,
           study_->record().trials[static_cast<size_t>(trial.trial)].values[0],
           text_of(trial.values), best->values[0], best->number + 1);
}

// What was asked for has the trial's value, and not silently its default.
void ModelSearch::require_asked(const Told& trial, const HyperParameters& hp) const {
  Point point;
  for (const auto& [name, value] : trial.values)
    if (const Hyperparameter* known = hp.space().find(name))
      point[name] = number_of(name, known->distribution, value);
  for (const auto& asked : hp.unanswered()) {
    if (!space_.find(asked.name))
      fail(
          ExitCode::usage, kWhere,
          "'{}' was asked for by no build that looked for hyperparameters; ask for it whatever the "
          "others are, or within a conditional_scope",
          asked.name);
    if (hp.space().active(asked, point))
      fail(ExitCode::usage, kWhere,
           "'{}' was asked for in another conditional_scope; give it another name here",
           asked.name);
  }
}

// Its score; none if it was pruned.
std::optional<double> ModelSearch::execute(const Told& trial, int64_t execution,
                                           const RowSourcePtr& rows, const FitOptions& fit) {
  clear_session();
  set_random_seed(seed_of(trial.seed, trial.trial, execution));
  HyperParameters hp;
  hp.set_values(trial.values);
  const auto model = build_(hp);
  if (!model)
    fail(ExitCode::usage, kWhere, "the function that builds a model gave none; return it");
  require_asked(trial, hp);
  if (study_) FileSystem::current().make_directories(model_of(trial.trial).parent_path());
  FitOptions options = fit;
  const auto watch = std::make_shared<Watch>(*this, trial.trial, execution == 0);
  options.callbacks.push_back(watch);
  model->fit(rows, options);
  nlohmann::json mine{
      {"pruned", watch->pruned()}, {"measured", watch->measured()}, {"names", watch->names()}};
  if (watch->best()) mine["best"] = *watch->best();
  const auto said = nlohmann::json::parse(broadcast_text(current_world(), mine.dump()));
  if (!said.contains("best") && said["measured"].get<bool>())
    fail(ExitCode::numerics, kWhere, "'{}' is not finite after any epoch", options_.objective);
  if (!said.contains("best"))
    fail(
        ExitCode::data, kWhere,
        "no epoch measures '{}', they measure {}; give fit validation_data or validation_split, or "
        "another objective",
        options_.objective, said["names"].get<std::string>());
  if (said["pruned"].get<bool>()) return {};
  return said["best"].get<double>();
}

void ModelSearch::finish(int64_t trial, TrialState state, const std::vector<double>& scores) {
  if (!study_) return;
  double sum = 0;
  for (const double score : scores) sum += score;
  study_->together([&] {
    if (scores.size() > 1) study_->note(trial, kExecutions, scores);
    study_->tell(trial, state,
                 scores.empty() ? std::vector<double>{}
                                : std::vector<double>{sum / static_cast<double>(scores.size())});
  });
  study_->sync();
}

}  // namespace tutti
