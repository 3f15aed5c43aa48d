#include "scheduler/search/hyperparameters.h"

#include <fmt/ranges.h>

#include <utility>

#include "core/base/error.h"

namespace tutti {
namespace {

bool is_log(const std::string& name, const std::string& sampling) {
  if (sampling != "linear" && sampling != "log")
    fail(name, "sampling '{}' is unknown; use linear or log", sampling);
  return sampling == "log";
}

}  // namespace

int64_t HyperParameters::Int(const std::string& name, int64_t min_value, int64_t max_value,
                             const IntChoice& how) {
  const IntDistribution distribution{min_value, max_value, how.step, is_log(name, how.sampling)};
  return ask({name, distribution, {}, how.initial.value_or(min_value)}).as_int();
}

double HyperParameters::Float(const std::string& name, double min_value, double max_value,
                              const FloatChoice& how) {
  const FloatDistribution distribution{min_value, max_value, is_log(name, how.sampling), how.step};
  return ask({name, distribution, {}, how.initial.value_or(min_value)}).as_double();
}

bool HyperParameters::Boolean(const std::string& name, bool initial) {
  return ask({name, CategoricalDistribution{{false, true}}, {}, initial}).as_bool();
}

Config HyperParameters::choose(const std::string& name, Config::List values) {
  if (values.empty()) fail(name, "there is nothing to choose from; give it values");
  const Config first = values[0];
  return ask({name, CategoricalDistribution{std::move(values)}, {}, first});
}

Config HyperParameters::ask(Hyperparameter hyperparameter) {
  const std::string name = hyperparameter.name;
  const Config initial = *hyperparameter.initial;
  hyperparameter.distribution = checked(name, std::move(hyperparameter.distribution));
  number_of(name, hyperparameter.distribution, initial);  // throws if it is none
  hyperparameter.conditions = conditions_;
  const auto value = values_.find(name);
  if (value == values_.end()) unanswered_.push_back(hyperparameter);
  const Hyperparameter* known = space_.find(name);
  if (!known) {
    space_.add(std::move(hyperparameter));
  } else if (!(known->distribution == hyperparameter.distribution)) {
    fail(name, "was {} and is now {}; give what is another hyperparameter another name",
         to_string(known->distribution), to_string(hyperparameter.distribution));
  }
  if (value == values_.end()) return initial;
  number_of(name, space_.find(name)->distribution, value->second);
  return value->second;
}

HyperParameters::Scope HyperParameters::conditional_scope(const std::string& parent,
                                                          std::vector<Config> values) {
  if (!space_.find(parent))
    fail("conditional_scope", "'{}' was not asked for; ask for it before what depends on it",
         parent);
  conditions_.push_back({parent, std::move(values)});
  return Scope(*this);
}

HyperParameters::Scope::~Scope() { owner_.conditions_.pop_back(); }

const Config& HyperParameters::get(const std::string& name) const {
  const auto value = values_.find(name);
  if (value != values_.end()) return value->second;
  std::vector<std::string> names;
  for (const auto& [known, unused] : values_) names.push_back(known);
  fail(name, "is no hyperparameter of this trial{}",
       near_or(name, names, fmt::format("; it has {}", fmt::join(names, ", "))));
}

}  // namespace tutti
