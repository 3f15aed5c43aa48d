#include "scheduler/study/study.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/seed.h"

namespace tutti {
namespace {

using nlohmann::json;

// System attributes: Optuna's of a study and of a queued trial, and ours.
constexpr const char* kMetricNames = "study:metric_names";
constexpr const char* kFixed = "fixed_params";
constexpr const char* kSeed = "tutti:seed";
constexpr const char* kEnqueued = "tutti:enqueued";  // which of the options' configurations
// Of a question's random numbers, those that fill in what neither a user nor the tuner gave.
constexpr uint32_t kFillStream = 0x66696c6c;

std::string now() { return journal_time(Clock::current().unix_time()); }

json json_of(const std::string& name, const Config& value) {
  if (value.is_null()) return nullptr;
  if (value.is_bool()) return value.as_bool();
  if (value.is_int()) return value.as_int();
  if (value.is_number()) return value.as_double();
  if (value.is_string()) return value.as_string();
  fail(value.where_or(name), "is no value of a hyperparameter; give a number, a word or a bool");
}

Config config_of(const std::string& name, const json& value) {
  if (value.is_null()) return {};
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<int64_t>();
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) return value.get<std::string>();
  fail(ExitCode::data, name, "is no value of a hyperparameter: {}", value.dump());
}

}  // namespace

Study::Study(const FileSystem::Path& journal, StudyOptions options, SearchSpace space,
             std::shared_ptr<Tuner> tuner, std::shared_ptr<Pruner> pruner)
    : options_(std::move(options)),
      space_(std::move(space)),
      tuner_(std::move(tuner)),
      pruner_(std::move(pruner)) {
  check();
  journal_.emplace(journal);
  journal_->together([this] {
    make_study();
    enqueue_missing();
    // What was reported last may not have been judged before the end.
    if (const auto last = entry().last_reported) judge(*last);
  });
  journal_->sync();
}

void Study::check() const {
  const size_t objectives = options_.directions.size();
  if (space_.empty()) fail("search space", "is empty; give it a hyperparameter");
  if (objectives == 0) fail("study", "has no objective; give it a direction");
  if (!options_.metrics.empty() && options_.metrics.size() != objectives)
    fail("study", "has {} metrics for {} objectives; name each", options_.metrics.size(),
         objectives);
  if (static_cast<int>(objectives) > tuner_->max_objectives())
    fail("study", "has {} objectives and its tuner serves {}; take another tuner", objectives,
         tuner_->max_objectives());
  if (pruner_ && objectives > 1)
    fail("study", "has {} objectives; a pruner needs one, leave it out", objectives);
  for (const auto& values : options_.enqueue) fixed_of(values);
}

void Study::make_study() {
  auto id = journal_->record().find(options_.name);
  if (!id) {
    journal_->append(journal::create_study(options_.name, options_.directions));
    id = journal_->record().find(options_.name);
  }
  id_ = *id;
  if (record().directions != options_.directions)
    fail(ExitCode::data, journal_->path().string(),
         "has a study '{}' with other objectives; give another name or another file",
         options_.name);
  for (const auto& hyperparameter : space_.hyperparameters()) {
    const auto theirs = entry().first.find(hyperparameter.name);
    if (theirs != entry().first.end() &&
        !compatible(theirs->second.second, hyperparameter.distribution))
      fail(ExitCode::data, journal_->path().string(),
           "has a study '{}' whose '{}' is {}; give another name or another file", options_.name,
           hyperparameter.name, to_string(theirs->second.second));
  }
  const auto& attributes = record().system_attributes;
  const auto seed = attributes.find(kSeed);
  if (seed == attributes.end())
    journal_->append(
        journal::study_system_attribute(id_, kSeed, options_.seed.value_or(random_seed())));
  else if (options_.seed && seed->second != *options_.seed)
    fail(ExitCode::data, journal_->path().string(),
         "has the study '{}' with seed {}; give that seed, another name or another file",
         options_.name, seed->second.dump());
  seed_ = attributes.at(kSeed).get<uint64_t>();
  if (!options_.metrics.empty() && !attributes.contains(kMetricNames))
    journal_->append(journal::study_system_attribute(id_, kMetricNames, options_.metrics));
}

void Study::enqueue_missing() {
  size_t there = 0;  // they were written in order
  for (const Trial& trial : record().trials)
    if (trial.system_attributes.contains(kEnqueued)) ++there;
  for (size_t i = there; i < options_.enqueue.size(); ++i) {
    Trial trial;
    trial.state = TrialState::waiting;
    json fixed = json::object();
    for (const auto& [name, value] : options_.enqueue[i]) fixed[name] = json_of(name, value);
    trial.system_attributes = {{kFixed, std::move(fixed)}, {kEnqueued, i}};
    journal_->append(journal::create_trial(id_, trial));
  }
}

Point Study::fixed_of(const std::map<std::string, Config>& values) const {
  Point fixed;
  for (const auto& [name, value] : values) {
    const Hyperparameter* hyperparameter = space_.find(name);
    if (!hyperparameter) {
      std::vector<std::string> known;
      for (const auto& one : space_.hyperparameters()) known.push_back(one.name);
      fail(value.where_or("enqueue"), "there is no hyperparameter '{}'{}", name,
           near_or(name, known, "; name one of the search space"));
    }
    fixed[name] = number_of(value.where_or(name), hyperparameter->distribution, value);
  }
  return fixed;
}

const Trial& Study::trial_of(int64_t number) const {
  if (number < 0 || number >= static_cast<int64_t>(record().trials.size()))
    fail("study", "has no trial {}; ask for one first", number);
  return record().trials[static_cast<size_t>(number)];
}

const Trial& Study::running_trial(int64_t number) const {
  const Trial& trial = trial_of(number);
  if (!entry().ours[static_cast<size_t>(number)] || trial.suspended())
    fail("study", "trial {} does not run here; ask for it first", number);
  return trial;
}

int64_t Study::id_of(int64_t number) const {
  return entry().trial_ids[static_cast<size_t>(number)];
}

std::vector<int64_t> Study::running() const {
  std::vector<int64_t> numbers;
  for (const int64_t number : entry().in(TrialState::running))
    if (entry().ours[static_cast<size_t>(number)] && !trial_of(number).suspended())
      numbers.push_back(number);
  return numbers;
}

int64_t Study::count(TrialState state) const {
  return static_cast<int64_t>(entry().in(state).size());
}

bool Study::failed_too_often() const {
  return options_.max_failures && count(TrialState::failed) > *options_.max_failures;
}

std::string Study::over() const {
  if (failed_too_often())
    return fmt::format("{} trials failed (max_failures {})", count(TrialState::failed),
                       *options_.max_failures);
  const auto begun = static_cast<int64_t>(record().trials.size()) - count(TrialState::waiting);
  if (options_.max_trials && begun >= *options_.max_trials)
    return fmt::format("{} trials were begun (max_trials {})", begun, *options_.max_trials);
  return "";
}

std::optional<int64_t> Study::best() const {
  const auto ranking = record().ranking();
  if (ranking.empty()) return {};
  return ranking[0]->number;
}

std::optional<Study::Start> Study::ask() {
  std::optional<Start> start;
  journal_->together([&] {
    journal_->breathe();
    if (over().empty()) start = ask_waiting();
    if (!start && !failed_too_often()) start = ask_pruner();
    if (!start && over().empty()) start = ask_tuner();
    if (!start && !failed_too_often()) start = ask_for_one_that_is_whole();
  });
  return start;
}

std::optional<Study::Start> Study::ask_waiting() {
  while (!entry().in(TrialState::waiting).empty()) {
    const int64_t number = *entry().in(TrialState::waiting).begin();
    if (begin_waiting(trial_of(number))) return Start{number};
  }
  return {};
}

// False: it asks for what the space has not, and has failed.
bool Study::begin_waiting(const Trial& trial) {
  const int64_t number = trial.number, id = id_of(number);
  Point point;
  try {
    std::map<std::string, Config> values;
    for (const auto& [name, value] : trial.point)  // a trial that was added as a whole
      values[name] = value_of(trial.distributions.at(name), value);
    const auto fixed = trial.system_attributes.find(kFixed);
    if (fixed != trial.system_attributes.end())
      for (const auto& [name, value] : fixed->second.items()) values[name] = config_of(name, value);
    point = complete(number, fixed_of(values));
  } catch (const Error& error) {
    log_warn("[trial {}] that was enqueued fails: {}", number, error.what());
    journal_->append(journal::user_attribute(id, "failure", error.what()));
    finish(number, TrialState::failed, {});
    return false;
  }
  for (const auto& [name, value] : point)
    journal_->append(journal::parameter(id, name, value, space_.find(name)->distribution));
  journal_->append(journal::state(id, TrialState::running, {}, now()));
  return true;
}

// A point with these numbers where it has them, else the tuner's, else random ones.
Point Study::complete(int64_t number, Point fixed) {
  const Question question{space_, record(), number, seed_};
  Random random = question.random(kFillStream);
  const Point point = random_point(space_, random, fixed);
  if (std::all_of(point.begin(), point.end(),
                  [&](const auto& one) { return fixed.contains(one.first); }))
    return point;
  if (const auto suggestion = tuner_->suggest(question)) fixed.merge(Point(suggestion->point));
  random = question.random(kFillStream);
  return random_point(space_, random, fixed);
}

std::optional<Study::Start> Study::ask_pruner() {
  if (!pruner_) return {};
  const auto promoted = pruner_->promote(record());
  if (!promoted) return {};
  if (!trial_of(*promoted).suspended())
    fail(ExitCode::internal, "study", "the pruner promotes trial {}, which is not suspended",
         *promoted);
  journal_->append(journal::system_attribute(id_of(*promoted), kSuspended, false));
  return Start{*promoted, true};
}

// Where rungs left nothing but trials that wait, the one that came farthest goes on to its end.
std::optional<Study::Start> Study::ask_for_one_that_is_whole() {
  if (!running().empty() || count(TrialState::complete) > 0) return {};
  const Direction direction = record().directions[0];
  const auto worth = [&](const Trial& trial) {
    const int64_t step = trial.last_step().value_or(0);
    const double loss = step > 0 ? loss_of(direction, trial.intermediate.at(step)) : 0;
    return std::tuple(-step, std::isnan(loss) ? HUGE_VAL : loss);
  };
  const Trial* best = nullptr;
  for (const int64_t number : entry().in(TrialState::running))
    if (const Trial& trial = trial_of(number);
        trial.suspended() && (!best || worth(trial) < worth(*best)))
      best = &trial;
  if (!best) return {};
  journal_->append(journal::system_attribute(id_of(best->number), kSuspended, false));
  return Start{best->number, true};
}

std::optional<Study::Start> Study::ask_tuner() {
  const auto number = static_cast<int64_t>(record().trials.size());
  const auto suggestion = tuner_->suggest({space_, record(), number, seed_});
  if (!suggestion) return {};
  if (const std::string fault = space_.fault_of(suggestion->point); !fault.empty())
    fail(ExitCode::internal, "study", "the tuner suggests what the space has not: {}", fault);
  Trial trial;
  trial.started = now();
  trial.point = suggestion->point;
  for (const auto& [name, value] : trial.point)
    trial.distributions[name] = space_.find(name)->distribution;
  if (suggestion->parent) trial.system_attributes[kParent] = *suggestion->parent;
  journal_->append(journal::create_trial(id_, trial));
  return Start{number};
}

Verdict Study::report(int64_t number, int64_t step, double value) {
  Verdict verdict = Verdict::go_on;
  journal_->together([&] {
    if (is_finished(trial_of(number).state)) {
      verdict = Verdict::stop;
      return;
    }
    const auto last = running_trial(number).last_step();
    if (last && step <= *last) return;
    journal_->append_report(id_of(number), step, value);
    verdict = judge(number);
  });
  return verdict;
}

Verdict Study::judge(int64_t number) {
  if (!pruner_) return Verdict::go_on;
  const Verdict verdict = pruner_->judge(record(), trial_of(number));
  if (verdict == Verdict::stop) finish(number, TrialState::pruned, {});
  if (verdict == Verdict::pause)
    journal_->append(journal::system_attribute(id_of(number), kSuspended, true));
  return verdict;
}

void Study::finish(int64_t number, TrialState state, std::vector<double> values) {
  const Trial& trial = trial_of(number);
  if (state == TrialState::pruned && !trial.intermediate.empty() && record().directions.size() == 1)
    values = {trial.intermediate.rbegin()->second};
  if (std::any_of(values.begin(), values.end(), [](double value) { return std::isnan(value); })) {
    if (state == TrialState::complete) state = TrialState::failed;
    values.clear();
  }
  journal_->append(journal::state(id_of(number), state, values, now()));
}

bool Study::tell(int64_t number, TrialState state, std::vector<double> values) {
  const size_t wanted = state == TrialState::complete ? record().directions.size() : 0;
  if (!is_finished(state) || values.size() != wanted)
    fail("study", "trial {} is told {} values; tell how it ended, and {} values", number,
         values.size(), wanted);
  bool counts = false;
  journal_->together([&] {
    if (is_finished(trial_of(number).state)) return;
    running_trial(number);
    finish(number, state, std::move(values));
    counts = true;
  });
  return counts;
}

void Study::note(int64_t number, const std::string& key, const json& value) {
  journal_->together([&] {
    journal_->append(journal::user_attribute(id_of(trial_of(number).number), key, value));
  });
}

void Study::constrain(int64_t number, const std::vector<double>& constraints) {
  journal_->together([&] {
    journal_->append(
        journal::system_attribute(id_of(trial_of(number).number), "constraints", constraints));
  });
}

void Study::end() {
  journal_->together([this] {
    const std::set<int64_t> numbers = entry().in(TrialState::running);
    for (const int64_t number : numbers)
      if (trial_of(number).suspended()) finish(number, TrialState::pruned, {});
  });
  journal_->sync();
}

}  // namespace tutti
