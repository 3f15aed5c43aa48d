#include "launch/sweep/study_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "core/base/error.h"
#include "core/base/terminal.h"
#include "core/callbacks/callback.h"
#include "core/device/thread_pool.h"
#include "launch/at_place.h"
#include "launch/job_checkpoint.h"
#include "launch/job_override.h"
#include "launch/job_schema.h"
#include "launch/resume.h"
#include "launch/yaml_reader.h"

namespace tutti {
namespace {

// Besides these, what a study file says decides which trials there are, and what comes of them.
constexpr const char* kMayChange[] = {
    "max_trials", "epochs", "time",    "keep",     "max_failures", "overwrite",  "slots",
    "threads",    "fuse",   "enqueue", "job.name", "job.folder",   "job.report", "job.checkpoint"};

class StudyReader {
 public:
  StudyReader(const std::filesystem::path& path, Config written)
      : path_(path), written_(std::move(written)), source_(path.filename().string()) {
    if (!written_.is_map())
      fail(written_.where_or(source_), "expected a study, a map of {}",
           fmt::join(field_names(*schema::Study::descriptor()), ", "));
    check_forms();
    read_message(written_, frame_);
  }

  StudyFile read() {
    auto [space, places] = read_space();
    // Nothing may throw within the braces: GCC 12 destroys twice what they have begun.
    TrialJob job = read_job();
    std::vector<StudyObjective> objectives = read_objectives();
    StudyFile study{.path = path_,
                    .options = {},
                    .space = std::move(space),
                    .job = std::move(job),
                    .objectives = std::move(objectives)};
    study.options = options_of(study);
    require_kind<Tuner, Pruner>("tuner", frame_.tuner().name(), "pruner");
    require_kind<Pruner, Tuner>("pruner", frame_.pruner().name(), "tuner");
    study.tuner =
        made<Tuner>("tuner", frame_.has_tuner() ? to_config(frame_.tuner()) : Config("TPE"));
    if (frame_.has_pruner()) study.pruner = made<Pruner>("pruner", to_config(frame_.pruner()));
    check_objectives(study);
    read_budgets(study);
    check_enqueued(study);
    study.job.check(study.space, places);
    study.whole = written_;
    study.whole.set("job", study.job.config());
    study.whole.set("name", study.options.name);
    return study;
  }

 private:
  // What people write instead of the one form, with words that the schema has not.
  void check_forms() const {
    for (const auto& [key, example] :
         {std::pair("time", "90 s, 30 min or 2 h"), std::pair("keep", "best 3, or all")})
      if (const Config* value = written_.find(key); value && value->is_number())
        fail(place_of(key), "{} is {}; write {}", key, to_string(*value), example);
    const Config* space = written_.find("space");
    if (!space || !space->is_map()) return;
    for (const auto& [name, range] : space->as_map())
      if (!range.is_map() && !range.is_list() && !range.is_string())
        fail_no_range(range.where_or(place_of("space")), to_string(range));
  }

  [[noreturn]] static void fail_no_range(const std::string& place, const std::string& text) {
    fail(place, "'{}' is no range; write bool, a list of choices, or {{float: [low, high]}}", text);
  }

  // Keras Tuner has a tuner Hyperband.
  template <typename Base, typename Other>
  void require_kind(const char* key, const std::string& name, const char* other) const {
    if (!name.empty() && !find_kind(Base::category, name) && find_kind(Other::category, name))
      fail(place_of(key), "{} is a {}; write {}: {}", name, other, other, name);
  }

  std::string place_of(const std::string& key) const {
    const Config* value = written_.find(key);
    return value ? value->where_or(source_) : written_.where_or(source_);
  }

  int64_t within(const char* key, int64_t value, int64_t least, int64_t most = INT64_MAX) const {
    if (value < least || value > most)
      fail(place_of(key), "{} is {}; use {}", key, value,
           value < least ? fmt::format("{} or more", least) : fmt::format("{} or less", most));
    return value;
  }

  template <typename Base>
  std::shared_ptr<Base> made(const char* key, const Config& config) const {
    return at_place(place_of(key), [&] { return make<Base>(config); });
  }

  TrialJob read_job() const {
    if (!frame_.has_job())
      fail(written_.where_or(source_), "job is missing; write job: job.yaml, or the job itself");
    const Config job = to_config(frame_.job());
    const auto folder = path_.parent_path();
    if (job.is_map()) return TrialJob(job, source_, folder);
    if (!job.is_string())
      fail(place_of("job"), "expected a job file or a job, got {}", to_string(job));
    const auto file = folder / job.as_string();
    return TrialJob(read_yaml_file(file), file.filename().string(), file.parent_path());
  }

  static Hyperparameter hyperparameter_of(const std::string& name,
                                          const schema::Hyperparameter& written,
                                          const std::string& place) {
    if (written.has_word()) {
      if (written.word() != "bool") fail_no_range(place, written.word());
      return {name, CategoricalDistribution{{false, true}}};
    }
    CategoricalDistribution choices;
    if (written.has_choices()) {
      for (const auto& item : written.choices().items()) choices.choices.push_back(to_config(item));
      return {name, std::move(choices)};
    }
    const auto& range = written.range();
    if ((range.float__size() > 0) + (range.int__size() > 0) + (range.choice_size() > 0) != 1)
      fail(place, "'{}' needs one of float: [low, high], int: [low, high], choice: [values]", name);
    Hyperparameter made{name, {}, conditions_of(range)};
    if (range.choice_size() > 0) {
      if (range.has_step() || range.has_log())
        fail(place, "choices have no step and no log; leave them out");
      for (const auto& item : range.choice()) choices.choices.push_back(to_config(item));
      made.distribution = std::move(choices);
      return made;
    }
    if (range.float__size() + range.int__size() != 2)
      fail(place, "'{}' has {} bounds; write [low, high]", name,
           range.float__size() + range.int__size());
    if (range.float__size() > 0) {
      FloatDistribution d{range.float_(0), range.float_(1), range.log()};
      if (range.has_step()) d.step = range.step();
      made.distribution = d;
    } else {
      made.distribution =
          IntDistribution{range.int_(0), range.int_(1), whole_step(range, place), range.log()};
    }
    return made;
  }

  static int64_t whole_step(const schema::HyperparameterRange& range, const std::string& place) {
    if (!range.has_step()) return 1;
    if (range.step() != std::floor(range.step()) || std::abs(range.step()) > 1e15)
      fail(place, "step is {}; use a whole number", range.step());
    return static_cast<int64_t>(range.step());
  }

  static std::vector<Condition> conditions_of(const schema::HyperparameterRange& range) {
    std::vector<Condition> conditions;
    for (const auto& entry : range.when().entries()) {
      const Config values = to_config(entry.value());
      conditions.push_back(
          {entry.key(), values.is_list() ? values.as_list() : Config::List{values}});
    }
    return conditions;
  }

  std::pair<SearchSpace, TrialJob::Places> read_space() const {
    std::pair<SearchSpace, TrialJob::Places> read;
    if (frame_.space().entries().empty())
      fail(place_of("space"),
           "the space is empty; write space: {{optimizer.learning_rate: {{float: [1e-4, 0.1], log: "
           "true}}}}");
    for (const auto& entry : frame_.space().entries()) {
      const std::string place = written_.find("space")->find(entry.key())->where_or(source_);
      read.second[entry.key()] = place;
      at_place(place,
               [&] { read.first.add(hyperparameter_of(entry.key(), entry.value(), place)); });
    }
    return read;
  }

  std::vector<StudyObjective> read_objectives() const {
    std::vector<StudyObjective> objectives;
    for (const auto& written : frame_.objective()) {
      const auto& parts = written.parts();
      StudyObjective objective{written.has_metric() ? written.metric() : parts.metric()};
      objective.place = place_of("objective");
      if (objective.metric.empty())
        fail(objective.place, "metric is missing; write objective: {{metric: val_loss}}");
      objective.direction = direction_of(objective, parts.direction());
      const std::string epoch = parts.has_epoch() ? parts.epoch() : "last";
      if (epoch != "last" && epoch != "best")
        fail(objective.place, "epoch '{}' is not one of last, best{}", epoch,
             did_you_mean(epoch, {"last", "best"}));
      objective.best_epoch = epoch == "best";
      objectives.push_back(std::move(objective));
    }
    if (objectives.empty())
      objectives.push_back({"val_loss", Direction::minimize, false, written_.where_or(source_)});
    return objectives;
  }

  static Direction direction_of(const StudyObjective& objective, const std::string& word) {
    if (word == "minimize") return Direction::minimize;
    if (word == "maximize") return Direction::maximize;
    if (!word.empty())
      fail(objective.place, "direction '{}' is not one of minimize, maximize{}", word,
           did_you_mean(word, {"minimize", "maximize"}));
    try {
      return monitor_mode("objective", "auto", objective.metric) == MonitorMode::max
                 ? Direction::maximize
                 : Direction::minimize;
    } catch (const Error&) {
      fail(objective.place,
           "whether more of '{0}' is better is not known; write objective: {{metric: {0}, "
           "direction: maximize}}",
           objective.metric);
    }
  }

  StudyOptions options_of(const StudyFile& study) const {
    StudyOptions options;
    options.name = name();
    options.directions.clear();
    for (const auto& objective : study.objectives) {
      options.directions.push_back(objective.direction);
      options.metrics.push_back(objective.metric);
    }
    options.seed = static_cast<uint64_t>(within("seed", frame_.seed(), 0));
    if (frame_.has_max_trials()) options.max_trials = within("max_trials", frame_.max_trials(), 1);
    if (frame_.has_max_failures())
      options.max_failures = within("max_failures", frame_.max_failures(), 0);
    for (const auto& values : frame_.enqueue()) {
      auto& one = options.enqueue.emplace_back();
      for (const auto& entry : values.entries()) one[entry.key()] = to_config(entry.value());
    }
    return options;
  }

  // Also that of a folder, where nobody names another.
  std::string name() const {
    if (!frame_.has_name()) return path_.stem().string();
    const std::string& name = frame_.name();
    const bool plain = std::ranges::none_of(
        name, [](unsigned char letter) { return letter == '/' || letter < ' ' || letter == 127; });
    if (!plain || name.find_first_not_of('.') == std::string::npos)
      fail(place_of("name"), "name '{}' is none of a folder; leave out slashes and line ends",
           one_line(name));
    return name;
  }

  // What a study refuses as well, where there is a place to name and before anything is written.
  void check_objectives(const StudyFile& study) const {
    const size_t count = study.objectives.size();
    for (size_t i = 0; i < count; ++i)
      for (size_t other = 0; other < i; ++other)
        if (study.objectives[i].metric == study.objectives[other].metric)
          fail(place_of("objective"), "'{}' is an objective twice; leave out one",
               study.objectives[i].metric);
    if (static_cast<int>(count) > study.tuner->max_objectives())
      fail(place_of(frame_.has_tuner() ? "tuner" : "objective"),
           "the tuner {} serves one objective, not {}; write tuner: NSGAII",
           kind_of(*study.tuner)->name, count);
    if (study.pruner && count > 1)
      fail(place_of("pruner"), "a pruner needs one objective, not {}; leave it out", count);
  }

  void read_budgets(StudyFile& study) const {
    if (frame_.has_executions_per_trial())
      study.executions = within("executions_per_trial", frame_.executions_per_trial(), 1, 1000);
    if (frame_.has_epochs()) study.epochs = within("epochs", frame_.epochs(), 1);
    if (frame_.has_time()) study.time = duration("time", frame_.time());
    if (frame_.has_keep()) study.keep_best = kept(frame_.keep());
    if (study.keep_best && kind_of(*study.tuner)->name == "PBT")
      fail(place_of("keep"), "trials of PBT go on from others' checkpoints; leave out keep");
    study.overwrite = frame_.overwrite();
    if (frame_.has_slots())
      study.slots = static_cast<int>(within("slots", frame_.slots(), 1, kMostSlots));
    study.threads = std::max(1, available_threads() / study.slots);
    // Trials of PBT go on from what others left on the disk.
    study.fuse = (!frame_.has_fuse() || frame_.fuse()) && kind_of(*study.tuner)->name != "PBT";
    if (frame_.has_threads())
      study.threads = static_cast<int>(within("threads", frame_.threads(), 1, 1 << 16));
  }

  Clock::Duration duration(const char* key, const std::string& text) const {
    CheckpointingOptions every;
    try {
      read_every(text, place_of(key), every);
    } catch (const Error&) {  // it speaks of checkpoints
    }
    if (every.every_seconds <= 0)
      fail(place_of(key), "'{}' is no length of time; write 90 s, 30 min or 2 h", text);
    return std::chrono::duration_cast<Clock::Duration>(
        std::chrono::duration<double>(every.every_seconds));
  }

  std::optional<int64_t> kept(const std::string& text) const {
    if (text == "all") return {};
    int64_t count = 0;
    const std::string_view number = std::string_view(text).substr(std::min<size_t>(5, text.size()));
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), count);
    const bool whole = error == std::errc() && end == number.data() + number.size();
    if (!text.starts_with("best ") || !whole || count < 1)
      fail(place_of("keep"), "'{}' is nothing to keep; write best 3, or all", text);
    return count;
  }

  // The study's own checks name a hyperparameter; here there is a line.
  void check_enqueued(const StudyFile& study) const {
    for (const auto& values : study.options.enqueue) {
      Point point;
      for (const auto& [name, value] : values) {
        const auto* known = study.space.find(name);
        if (!known)
          fail(value.where_or(place_of("enqueue")), "there is no hyperparameter '{}'{}", name,
               near_or(name, study.space.names(), "; name one of the space"));
        point[name] = number_of(value.where_or(name), known->distribution, value);
      }
      // A value that is there by chance, or never, would be left out and nobody told.
      for (const auto& [name, value] : values)
        if (const auto& known = *study.space.find(name); !study.space.active(known, point))
          fail(value.where_or(place_of("enqueue")),
               "'{}' is there only where {}; write that beside it, or leave it out", name,
               when_text(known));
    }
  }

  std::filesystem::path path_;
  Config written_;
  std::string source_;
  schema::Study frame_;
};

// The job itself where the study names its file, for a `--set` that changes what it says.
void put_job_in(Config& study, const std::filesystem::path& folder) {
  const Config* name = study.find("job");
  if (!name || !name->is_string()) return;
  const auto file = folder / name->as_string();
  Config job = read_yaml_file(file);
  if (job.is_map()) set_folder(job, file.parent_path());
  study.set("job", std::move(job));
}

}  // namespace

StudyFile read_study_file(const std::filesystem::path& path,
                          const std::vector<std::string>& overrides) {
  Config written = read_yaml_file(path);
  for (const auto& assignment : overrides) {
    if (assignment.starts_with("job.")) put_job_in(written, path.parent_path());
    apply_override(written, assignment);
  }
  return StudyReader(path, std::move(written)).read();
}

void refuse_other_study(const StudyFile& now, const Config& then,
                        const std::filesystem::path& folder) {
  const auto changes = changes_between(now.whole, then, kMayChange);
  if (changes.empty()) return;
  fail(now.path.filename().string(),
       "the study is not the one that {} began with: {}; take the change back, give another --run, "
       "or begin anew with --overwrite",
       folder.string(), fmt::join(changes, "; "));
}

}  // namespace tutti
