#include "scheduler/space/search_space.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "core/base/error.h"

namespace tutti {

std::string when_text(const Hyperparameter& hyperparameter) {
  std::vector<std::string> conditions;
  for (const auto& [parent, values] : hyperparameter.conditions) {
    std::vector<std::string> words;
    for (const Config& value : values) words.push_back(to_string(value));
    conditions.push_back(fmt::format("{} is {}", parent, fmt::join(words, " or ")));
  }
  return fmt::format("{}", fmt::join(conditions, " and "));
}

void SearchSpace::add(Hyperparameter hyperparameter) {
  const std::string& name = hyperparameter.name;
  if (name.empty()) fail("search space", "a hyperparameter has no name; give it one");
  if (find(name)) fail(name, "is there twice; give each hyperparameter a name of its own");
  hyperparameter.distribution = checked(name, std::move(hyperparameter.distribution));
  for (const auto& condition : hyperparameter.conditions) {
    const Hyperparameter* parent = find(condition.parent);
    if (!parent) {
      fail(name, "depends on '{}', which is not before it{}", condition.parent,
           near_or(condition.parent, names(), "; add that one first"));
    }
    if (condition.values.empty())
      fail(name, "depends on no value of '{}'; name at least one", condition.parent);
    for (const auto& value : condition.values) number_of(name, parent->distribution, value);
  }
  if (hyperparameter.initial) number_of(name, hyperparameter.distribution, *hyperparameter.initial);
  hyperparameters_.push_back(std::move(hyperparameter));
}

const Hyperparameter* SearchSpace::find(std::string_view name) const {
  for (const auto& hyperparameter : hyperparameters_)
    if (hyperparameter.name == name) return &hyperparameter;
  return nullptr;
}

bool SearchSpace::active(const Hyperparameter& hyperparameter, const Point& point) const {
  return std::all_of(hyperparameter.conditions.begin(), hyperparameter.conditions.end(),
                     [&](const Condition& condition) {
                       const auto number = point.find(condition.parent);
                       if (number == point.end()) return false;
                       const Distribution& parent = find(condition.parent)->distribution;
                       return std::any_of(
                           condition.values.begin(), condition.values.end(), [&](auto& value) {
                             return number_of(condition.parent, parent, value) == number->second;
                           });
                     });
}

std::string SearchSpace::fault_of(const Point& point) const {
  size_t known = 0;
  for (const auto& hyperparameter : hyperparameters_) {
    const auto number = point.find(hyperparameter.name);
    const bool there = number != point.end();
    if (there) ++known;
    if (active(hyperparameter, point) != there)
      return fmt::format("'{}' {}", hyperparameter.name,
                         there ? "is given though its conditions do not hold" : "is missing");
    if (there && !contains(hyperparameter.distribution, number->second))
      return fmt::format("'{}' is {}, not {}", hyperparameter.name, number->second,
                         to_string(hyperparameter.distribution));
  }
  if (known == point.size()) return "";
  for (const auto& [name, number] : point)
    if (!find(name)) return fmt::format("'{}' is no hyperparameter of this study", name);
  return "";
}

std::vector<std::string> SearchSpace::names() const {
  std::vector<std::string> names;
  for (const auto& each : hyperparameters_) names.push_back(each.name);
  return names;
}

Point SearchSpace::with_parents(const Hyperparameter& hyperparameter, double number) const {
  Point point{{hyperparameter.name, number}};
  for (const Condition& condition : hyperparameter.conditions) {
    const Hyperparameter& parent = *find(condition.parent);
    const double needed = number_of(parent.name, parent.distribution, condition.values.at(0));
    for (const auto& [name, value] : with_parents(parent, needed)) point[name] = value;
  }
  return point;
}

std::map<std::string, Config> SearchSpace::values_of(const Point& point) const {
  std::map<std::string, Config> values;
  for (const auto& [name, number] : point)
    values[name] = value_of(find(name)->distribution, number);
  return values;
}

}  // namespace tutti
