#include "scheduler/study/journal_record.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "core/base/error.h"

namespace tutti {
namespace {

using nlohmann::json;

constexpr double kLargestInteger = int64_t{1} << 53;  // what a double holds exactly

const json& null_json() {
  static const json null;
  return null;
}

const json& optional_field(const json& line, const char* name) {
  const auto found = line.find(name);
  return found == line.end() ? null_json() : *found;
}

std::string text_or_none(const json& value) {
  return value.is_null() ? std::string() : value.get<std::string>();
}

// The JSON library makes one of any number, also of NaN.
int64_t integer_of(const json& value) {
  if (!value.is_number_integer())
    throw std::invalid_argument(fmt::format("{} is no integer", value.dump()));
  return value.get<int64_t>();
}

template <typename Enum>
Enum enum_of(const json& value, Enum least, Enum most, const char* what) {
  const int64_t number = integer_of(value);
  if (number < static_cast<int64_t>(least) || number > static_cast<int64_t>(most))
    throw std::out_of_range(fmt::format("{} {} is unknown", what, number));
  return static_cast<Enum>(number);
}

TrialState state_of(const json& value) {
  return enum_of(value, TrialState::running, TrialState::waiting, "state");
}

// Optuna 4 wrote one value beside `values`.
std::vector<double> values_of(const json& line) {
  const json& values = optional_field(line, "values");
  if (!values.is_null()) return values.get<std::vector<double>>();
  const json& value = optional_field(line, "value");
  return value.is_null() ? std::vector<double>() : std::vector<double>{value.get<double>()};
}

void put_all(std::map<std::string, json>& attributes, const json& added) {
  if (!added.is_null() && !added.is_object())
    throw std::invalid_argument("attributes are no object");
  for (const auto& [key, value] : added.items()) attributes[key] = value;
}

int64_t step_of(const std::string& text) {
  size_t used = 0;
  const int64_t step = std::stoll(text, &used);
  if (used != text.size()) throw std::invalid_argument(fmt::format("step '{}' is no number", text));
  return step;
}

double number_in(const Distribution& distribution, const json& value) {
  const double number = value.get<double>();
  if (const auto* choice = std::get_if<CategoricalDistribution>(&distribution))
    if (!(number >= 0 && number < static_cast<double>(choice->choices.size())) ||
        number != std::floor(number))
      throw std::out_of_range(
          fmt::format("choice {} is none of {}", number, choice->choices.size()));
  if (std::holds_alternative<IntDistribution>(distribution) &&
      !(std::abs(number) <= kLargestInteger))
    throw std::out_of_range(fmt::format("{} is no integer of a hyperparameter", number));
  return number;
}

bool is_ours(const json& line) { return optional_field(line, "worker_id") == kJournalWorker; }

}  // namespace

std::string JournalRecord::place() const { return fmt::format("{}:{}", name_, lines_); }

void JournalRecord::apply(std::string_view line) {
  ++lines_;
  const json parsed = parse_journal_line(line, place());
  try {
    const json& op = parsed.at("op_code");
    apply(enum_of(op, JournalOp::create_study, JournalOp::discard_trials, "op_code"), parsed);
  } catch (const Error& error) {
    fail(ExitCode::data, place(), "is damaged: {}; restore it, or delete the line", error.what());
  } catch (const std::exception& error) {  // of the JSON library, or thrown here
    const std::string_view what = error.what();
    fail(ExitCode::data, place(), "is damaged: {}; restore it, or delete the line",
         what.starts_with('[') ? what.substr(what.find(']') + 2) : what);
  }
}

void JournalRecord::apply(JournalOp op, const json& line) {
  if (op == JournalOp::discard_trials) return;
  if (op == JournalOp::create_study) return create_study(line);
  if (op > JournalOp::create_trial) return change_trial(op, line);
  JournalStudy& study = study_of(line);
  if (study.deleted) return;
  if (op == JournalOp::create_trial) {
    create_trial(study, integer_of(line.at("study_id")), line);
  } else if (op == JournalOp::delete_study) {
    study.deleted = true;
  } else if (op == JournalOp::study_user_attribute) {
    put_all(study.record.user_attributes, line.at("user_attr"));
  } else {
    put_all(study.record.system_attributes, line.at("system_attr"));
  }
  if (is_ours(line)) study.last_reported.reset();
}

JournalStudy& JournalRecord::study_of(const json& line) {
  const auto id = integer_of(line.at("study_id"));
  if (id < 0 || id >= static_cast<int64_t>(studies_.size()))
    throw std::out_of_range(fmt::format("study {} does not exist", id));
  return studies_[static_cast<size_t>(id)];
}

void JournalRecord::create_study(const json& line) {
  JournalStudy study;
  study.record.name = line.at("study_name").get<std::string>();
  for (const json& direction : line.at("directions"))
    study.record.directions.push_back(
        enum_of(direction, Direction::minimize, Direction::maximize, "direction"));
  if (study.record.directions.empty()) throw std::invalid_argument("the study has no direction");
  if (!find(study.record.name)) studies_.push_back(std::move(study));
}

// Lines repeat the same few texts.
const Distribution& JournalRecord::distribution_of(const json& json_text) {
  const auto& text = json_text.get_ref<const std::string&>();
  const auto known = distributions_.find(text);
  if (known != distributions_.end()) return known->second;
  return distributions_
      .emplace(text, distribution_from_json(parse_journal_line(text, "distribution")))
      .first->second;
}

Trial JournalRecord::trial_of(const json& line) {
  Trial trial;
  if (line.contains("state")) trial.state = state_of(line["state"]);
  trial.started = text_or_none(line.at("datetime_start"));
  trial.ended = text_or_none(optional_field(line, "datetime_complete"));
  trial.values = values_of(line);
  for (const auto& [name, text] : optional_field(line, "distributions").items())
    trial.distributions[name] = distribution_of(text);
  for (const auto& [name, number] : optional_field(line, "params").items()) {
    const auto known = trial.distributions.find(name);
    if (known == trial.distributions.end())
      throw std::invalid_argument(fmt::format("'{}' has no distribution", name));
    trial.point[name] = number_in(known->second, number);
  }
  for (const auto& [step, value] : optional_field(line, "intermediate_values").items())
    trial.intermediate[step_of(step)] = value.get<double>();
  put_all(trial.user_attributes, optional_field(line, "user_attrs"));
  put_all(trial.system_attributes, optional_field(line, "system_attrs"));
  return trial;
}

void JournalRecord::create_trial(JournalStudy& study, int64_t study_id, const json& line) {
  Trial trial = trial_of(line);
  trial.number = static_cast<int64_t>(study.record.trials.size());
  for (const auto& [name, distribution] : trial.distributions)
    study.first.try_emplace(name, trial.number, distribution);
  if (is_finished(trial.state)) study.record.finished.push_back(trial.number);
  study.trial_ids.push_back(static_cast<int64_t>(trials_.size()));
  trials_.emplace_back(study_id, trial.number);
  study.numbers[static_cast<size_t>(trial.state)].insert(trial.number);
  study.ours.push_back(trial.state == TrialState::running && is_ours(line));
  study.record.trials.push_back(std::move(trial));
}

std::pair<JournalStudy*, Trial*> JournalRecord::place_of_trial(int64_t id) {
  if (id < 0 || id >= static_cast<int64_t>(trials_.size()))
    throw std::out_of_range(fmt::format("trial {} does not exist", id));
  const auto [study_id, number] = trials_[static_cast<size_t>(id)];
  JournalStudy& study = studies_[static_cast<size_t>(study_id)];
  return {&study, &study.record.trials[static_cast<size_t>(number)]};
}

void JournalRecord::report(int64_t trial_id, int64_t step, double value) {
  ++lines_;
  const auto [study, trial] = place_of_trial(trial_id);
  if (is_finished(trial->state)) return;
  trial->intermediate[step] = value;
  study->last_reported = trial->number;
}

void JournalRecord::change_trial(JournalOp op, const json& line) {
  const auto [found, changed] = place_of_trial(integer_of(line.at("trial_id")));
  JournalStudy& study = *found;
  Trial& trial = *changed;
  if (is_finished(trial.state)) return;
  if (is_ours(line)) study.last_reported.reset();
  switch (op) {
    case JournalOp::parameter:
      return set_parameter(study, trial, line);
    case JournalOp::state:
      return set_state(study, trial, line);
    case JournalOp::intermediate:
      trial.intermediate[integer_of(line.at("step"))] = line.at("intermediate_value").get<double>();
      if (is_ours(line)) study.last_reported = trial.number;
      return;
    case JournalOp::user_attribute:
      return put_all(trial.user_attributes, line.at("user_attr"));
    default:
      return put_all(trial.system_attributes, line.at("system_attr"));
  }
}

void JournalRecord::set_parameter(JournalStudy& study, Trial& trial, const json& line) {
  const auto name = line.at("param_name").get<std::string>();
  const Distribution& distribution = distribution_of(line.at("distribution"));
  const double number = number_in(distribution, line.at("param_value_internal"));
  const auto [first, fresh] = study.first.try_emplace(name, trial.number, distribution);
  if (!fresh && !compatible(first->second.second, distribution)) return;
  if (trial.number < first->second.first) first->second = {trial.number, distribution};
  trial.point[name] = number;
  trial.distributions[name] = distribution;
}

void JournalRecord::set_state(JournalStudy& study, Trial& trial, const json& line) {
  const TrialState state = state_of(line.at("state"));
  // Two took it out of the queue: the first has it.
  if (state == TrialState::running && trial.state == TrialState::running) return;
  if (state == TrialState::running) {
    trial.started = line.at("datetime_start").get<std::string>();
    study.ours[static_cast<size_t>(trial.number)] = is_ours(line);
  }
  if (is_finished(state)) {
    trial.ended = line.at("datetime_complete").get<std::string>();
    study.record.finished.push_back(trial.number);
  }
  if (!line.at("values").is_null()) trial.values = line["values"].get<std::vector<double>>();
  study.numbers[static_cast<size_t>(trial.state)].erase(trial.number);
  study.numbers[static_cast<size_t>(state)].insert(trial.number);
  trial.state = state;
}

std::optional<int64_t> JournalRecord::find(const std::string& study_name) const {
  for (size_t id = 0; id < studies_.size(); ++id)
    if (!studies_[id].deleted && studies_[id].record.name == study_name)
      return static_cast<int64_t>(id);
  return {};
}

std::vector<std::string> JournalRecord::study_names() const {
  std::vector<std::string> names;
  for (const JournalStudy& study : studies_)
    if (!study.deleted) names.push_back(study.record.name);
  return names;
}

}  // namespace tutti
