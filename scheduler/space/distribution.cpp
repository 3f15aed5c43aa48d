#include "scheduler/space/distribution.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "core/base/error.h"

namespace tutti {
namespace {

constexpr int64_t kLargestInteger = int64_t{1} << 53;  // what a double holds exactly
constexpr double kStepTolerance = 1e-8;                // Optuna's, in steps

// How many steps fit: 7 of 0.1 in [0, 0.7], though 0.7 / 0.1 is a little less.
double steps_within(double span, double step) {
  const double steps = span / step, nearest = std::round(steps);
  return std::abs(steps - nearest) < kStepTolerance ? nearest : std::floor(steps);
}

// Without what binary arithmetic adds: Optuna computes the last value in decimal.
double as_decimal(double number) { return std::strtod(fmt::format("{:.15g}", number).c_str(), {}); }

FloatDistribution check(const std::string& name, FloatDistribution d) {
  if (!std::isfinite(d.low) || !std::isfinite(d.high) || !std::isfinite(d.high - d.low))
    fail(name, "the bounds {} and {} are not finite; give two numbers", d.low, d.high);
  if (d.low > d.high) fail(name, "low {} is above high {}; exchange them", d.low, d.high);
  if (d.log && d.low <= 0)
    fail(name, "low {} has no logarithm; use a low above 0, or leave out log", d.low);
  if (!d.step) return d;
  if (d.log) fail(name, "step and log exclude each other; leave out one");
  if (!(*d.step > 0) || !std::isfinite(*d.step))
    fail(name, "step is {}; use a number above 0", *d.step);
  const double steps = steps_within(d.high - d.low, *d.step);
  if (steps > static_cast<double>(kLargestInteger))
    fail(name, "step {} is too small for {} to {}; use a larger one, or none", *d.step, d.low,
         d.high);
  if (d.low + steps * *d.step != d.high) d.high = as_decimal(d.low + steps * *d.step);
  return d;
}

IntDistribution check(const std::string& name, IntDistribution d) {
  if (d.low > d.high) fail(name, "low {} is above high {}; exchange them", d.low, d.high);
  if (d.low < -kLargestInteger || d.high > kLargestInteger)
    fail(name, "{} to {} goes beyond 2^53; use bounds within it", d.low, d.high);
  if (d.log && d.low < 1)
    fail(name, "low {} has no logarithm; use a low of 1 or more, or leave out log", d.low);
  if (d.step < 1) fail(name, "step is {}; use 1 or more", d.step);
  if (d.log && d.step != 1) fail(name, "step and log exclude each other; leave out one");
  d.high = d.low + (d.high - d.low) / d.step * d.step;
  return d;
}

// Numbers are equal by value, 1 and 1.0; a bool is no number.
bool same_choice(const Config& a, const Config& b) {
  return a.is_number() && b.is_number() ? a.as_double() == b.as_double() : a == b;
}

CategoricalDistribution check(const std::string& name, CategoricalDistribution d) {
  if (d.choices.empty()) fail(name, "has no choices; give at least one");
  for (auto choice = d.choices.begin(); choice != d.choices.end(); ++choice) {
    if (choice->is_list() || choice->is_map())
      fail(name, "the choice {} is no single value; use numbers, text, true, false or null",
           to_string(*choice));
    if (choice->is_number() && !std::isfinite(choice->as_double()))
      fail(name, "the choice {} is not finite; use another number", to_string(*choice));
    if (std::any_of(d.choices.begin(), choice, [&](auto& c) { return same_choice(c, *choice); }))
      fail(name, "the choice {} is there twice; leave out one", to_string(*choice));
  }
  return d;
}

bool holds(const FloatDistribution& d, double number) {
  if (!(d.low <= number && number <= d.high)) return false;
  if (!d.step) return true;
  const double steps = (number - d.low) / *d.step;
  return std::abs(steps - std::round(steps)) < kStepTolerance;
}

bool holds(const IntDistribution& d, double number) {
  return static_cast<double>(d.low) <= number && number <= static_cast<double>(d.high) &&
         number == std::floor(number) && (static_cast<int64_t>(number) - d.low) % d.step == 0;
}

bool holds(const CategoricalDistribution& d, double number) {
  return 0 <= number && number < static_cast<double>(d.choices.size()) &&
         number == std::floor(number);
}

std::string text_of(const FloatDistribution& d) {
  return fmt::format("a number from {} to {}", d.low, d.high) +
         (d.step ? fmt::format(" in steps of {}", *d.step) : "");
}
std::string text_of(const IntDistribution& d) {
  return fmt::format("an integer from {} to {}", d.low, d.high) +
         (d.step != 1 ? fmt::format(" in steps of {}", d.step) : "");
}
std::string text_of(const CategoricalDistribution& d) {
  std::string text;
  for (const auto& choice : d.choices) text += (text.empty() ? "" : ", ") + to_string(choice);
  return "one of " + text;
}

nlohmann::json choice_json(const Config& choice) {
  if (choice.is_null()) return nullptr;
  if (choice.is_bool()) return choice.as_bool();
  if (choice.is_int()) return choice.as_int();
  if (choice.is_number()) return choice.as_double();
  return choice.as_string();
}

Config choice_of(const nlohmann::json& json) {
  if (json.is_null()) return {};
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  fail(ExitCode::data, "distribution", "the choice {} is no single value; Optuna writes no such",
       json.dump());
}

Distribution read(const std::string& name, const nlohmann::json& attributes) {
  const auto integer = [&](const char* key) {
    const auto& value = attributes.at(key);
    if (!value.is_number_integer()) fail("distribution", "{} is no integer", key);
    return value.get<int64_t>();
  };
  if (name == "FloatDistribution") {
    FloatDistribution d{attributes.at("low").get<double>(), attributes.at("high").get<double>(),
                        attributes.at("log").get<bool>()};
    if (!attributes.at("step").is_null()) d.step = attributes["step"].get<double>();
    return d;
  }
  if (name == "IntDistribution")
    return IntDistribution{integer("low"), integer("high"), integer("step"),
                           attributes.at("log").get<bool>()};
  if (name != "CategoricalDistribution")
    fail("distribution", "'{}' is unknown{}", name,
         did_you_mean(name, {"FloatDistribution", "IntDistribution", "CategoricalDistribution"}));
  if (!attributes.at("choices").is_array()) fail("distribution", "choices are no list");
  CategoricalDistribution d;
  for (const auto& choice : attributes["choices"]) d.choices.push_back(choice_of(choice));
  return d;
}

}  // namespace

Distribution checked(const std::string& name, Distribution distribution) {
  return std::visit([&](auto& d) -> Distribution { return check(name, std::move(d)); },
                    distribution);
}

bool contains(const Distribution& distribution, double number) {
  return std::visit([&](const auto& d) { return holds(d, number); }, distribution);
}

std::string to_string(const Distribution& distribution) {
  return std::visit([](const auto& d) { return text_of(d); }, distribution);
}

std::optional<int64_t> count_of(const Distribution& distribution) {
  if (const auto* d = std::get_if<CategoricalDistribution>(&distribution))
    return static_cast<int64_t>(d->choices.size());
  if (const auto* d = std::get_if<IntDistribution>(&distribution))
    return (d->high - d->low) / d->step + 1;
  const auto& d = std::get<FloatDistribution>(distribution);
  if (d.low == d.high) return 1;
  if (!d.step) return {};
  return static_cast<int64_t>(std::round((d.high - d.low) / *d.step)) + 1;
}

double number_at(const Distribution& distribution, int64_t index) {
  const double place = static_cast<double>(index);
  if (const auto* d = std::get_if<FloatDistribution>(&distribution))
    return std::min(d->low + (d->step ? place * *d->step : 0), d->high);
  if (const auto* d = std::get_if<IntDistribution>(&distribution))
    return static_cast<double>(d->low + index * d->step);
  return place;
}

std::vector<double> numbers_of(const Distribution& distribution) {
  std::vector<double> numbers(static_cast<size_t>(count_of(distribution).value()));
  for (size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = number_at(distribution, static_cast<int64_t>(i));
  return numbers;
}

std::vector<double> edges_of(const Distribution& distribution) {
  if (std::holds_alternative<CategoricalDistribution>(distribution))
    return numbers_of(distribution);
  if (const auto* range = std::get_if<IntDistribution>(&distribution))
    return {static_cast<double>(range->low), static_cast<double>(range->high)};
  const auto& range = std::get<FloatDistribution>(distribution);
  return {range.low, range.high};
}

Config value_of(const Distribution& distribution, double number) {
  if (const auto* d = std::get_if<CategoricalDistribution>(&distribution))
    return d->choices.at(static_cast<size_t>(number));
  if (std::holds_alternative<IntDistribution>(distribution))
    return Config(static_cast<int64_t>(number));
  return number;
}

double number_of(const std::string& name, const Distribution& distribution, const Config& value) {
  if (const auto* d = std::get_if<CategoricalDistribution>(&distribution)) {
    for (size_t i = 0; i < d->choices.size(); ++i)
      if (same_choice(d->choices[i], value)) return static_cast<double>(i);
  } else if (value.is_number() && contains(distribution, value.as_double())) {
    return value.as_double();
  }
  fail(value.where_or(name), "{} is not {}; use a value that is", to_string(value),
       to_string(distribution));
}

bool compatible(const Distribution& a, const Distribution& b) {
  if (a.index() != b.index()) return false;
  if (const auto* one = std::get_if<FloatDistribution>(&a))
    return one->log == std::get<FloatDistribution>(b).log;
  if (const auto* one = std::get_if<IntDistribution>(&a))
    return one->log == std::get<IntDistribution>(b).log;
  return a == b;
}

nlohmann::json to_json(const Distribution& distribution) {
  if (const auto* d = std::get_if<FloatDistribution>(&distribution)) {
    const nlohmann::json step = d->step ? nlohmann::json(*d->step) : nlohmann::json();
    return {{"name", "FloatDistribution"},
            {"attributes", {{"low", d->low}, {"high", d->high}, {"log", d->log}, {"step", step}}}};
  }
  if (const auto* d = std::get_if<IntDistribution>(&distribution))
    return {
        {"name", "IntDistribution"},
        {"attributes", {{"low", d->low}, {"high", d->high}, {"log", d->log}, {"step", d->step}}}};
  auto choices = nlohmann::json::array();
  for (const auto& choice : std::get<CategoricalDistribution>(distribution).choices)
    choices.push_back(choice_json(choice));
  return {{"name", "CategoricalDistribution"}, {"attributes", {{"choices", choices}}}};
}

Distribution distribution_from_json(const nlohmann::json& json) {
  std::string fault;
  try {
    return checked("distribution", read(json.at("name").get<std::string>(), json.at("attributes")));
  } catch (const Error& error) {
    fault = error.what();
    fault.erase(0, fault.find("] ") + 2);
  } catch (const nlohmann::json::exception&) {
    fault = "a field is missing or of another type";
  }
  fail(ExitCode::data, "distribution", "{} is none of Optuna's: {}",
       json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).substr(0, 200), fault);
}

}  // namespace tutti
