// What one hyperparameter may be. The three kinds, their rules and their JSON are Optuna's, so that
// Optuna and its dashboard read them.
//
// A value is held as a double: a float or an integer as it is, a choice as its index.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/config.h"

namespace tutti {

struct FloatDistribution {
  double low = 0, high = 1;  // both may be drawn
  bool log = false;          // uniform in its logarithm; low > 0, no step
  std::optional<double> step = {};
  bool operator==(const FloatDistribution&) const = default;
};

struct IntDistribution {
  int64_t low = 0, high = 1;  // both may be drawn
  int64_t step = 1;
  bool log = false;  // low >= 1, step 1
  bool operator==(const IntDistribution&) const = default;
};

struct CategoricalDistribution {
  std::vector<Config> choices;  // null, bool, integer, number or string; no two equal
  bool operator==(const CategoricalDistribution&) const = default;
};

using Distribution = std::variant<FloatDistribution, IntDistribution, CategoricalDistribution>;

// The distribution as it is drawn from: a `high` that no step reaches is lowered to the last that
// one does. Throws "[name] ..." for bounds that contradict, a step or log that does not go with
// them, no choices, a choice twice.
Distribution checked(const std::string& name, Distribution distribution);

bool contains(const Distribution& distribution, double number);
// "an integer from 32 to 512 in steps of 32": for messages.
std::string to_string(const Distribution& distribution);
// How many values there are; null for a float without a step whose bounds differ.
std::optional<int64_t> count_of(const Distribution& distribution);
// The value at a place from 0 to count_of - 1, in order; only where count_of is not null.
double number_at(const Distribution& distribution, int64_t index);
// All of them.
std::vector<double> numbers_of(const Distribution& distribution);
// Both bounds, or all choices: what shows whether a use of it has room for it.
std::vector<double> edges_of(const Distribution& distribution);

Config value_of(const Distribution& distribution, double number);
// Throws "[where] ..." for what the distribution does not contain.
double number_of(const std::string& name, const Distribution& distribution, const Config& value);

// Optuna's rule for one name in two trials: the kind, the logarithm and the choices stay.
bool compatible(const Distribution& a, const Distribution& b);

// Optuna's: {"name": "IntDistribution", "attributes": {"log": false, "step": 32, ...}}. Reading
// throws Error (data) for anything else.
nlohmann::json to_json(const Distribution& distribution);
Distribution distribution_from_json(const nlohmann::json& json);

}  // namespace tutti
