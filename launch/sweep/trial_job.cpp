#include "launch/sweep/trial_job.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <set>
#include <utility>

#include "core/base/error.h"
#include "launch/at_place.h"
#include "launch/job_check.h"
#include "launch/job_model.h"
#include "launch/job_override.h"
#include "launch/job_schema.h"
#include "scheduler/tuners/tuner.h"

namespace tutti {
namespace {

// The name in "$name" and "${name}"; "" for any other text.
std::string reference_in(const Config& config) {
  if (!config.is_string() || !config.as_string().starts_with('$')) return "";
  std::string name = config.as_string().substr(1);
  if (name.starts_with('{') && name.ends_with('}')) name = name.substr(1, name.size() - 2);
  const bool is_name = !name.empty() && std::ranges::all_of(name, [](unsigned char letter) {
    return std::isalnum(letter) || letter == '_' || letter >= 0x80;  // of any alphabet
  });
  return is_name ? name : "";
}

void visit_nodes(const Config& node, const std::function<void(const Config& node)>& visit) {
  visit(node);
  if (node.is_list())
    for (const auto& item : node.as_list()) visit_nodes(item, visit);
  if (node.is_map())
    for (const auto& [key, value] : node.as_map()) visit_nodes(value, visit);
}

void visit_references(
    const Config& top,
    const std::function<void(const std::string& name, const Config& where)>& visit) {
  visit_nodes(top, [&](const Config& node) {
    if (const std::string name = reference_in(node); !name.empty()) visit(name, node);
  });
}

using Values = std::map<std::string, Config>;

void put_values(Config& node, const Values& values) {
  if (const auto value = values.find(reference_in(node)); value != values.end())
    node = value->second;
  else if (node.is_list())
    for (auto& item : node.as_list()) put_values(item, values);
  else if (node.is_map())
    for (auto& entry : node.as_map()) put_values(entry.second, values);
}

// Leaves out what mentions a hyperparameter that has no value: true where that is all of the node.
bool leave_out(Config& node, const std::set<std::string>& names, bool in_list) {
  if (const std::string name = reference_in(node); !name.empty()) return names.contains(name);
  if (node.is_list())
    std::erase_if(node.as_list(), [&](Config& item) { return leave_out(item, names, true); });
  if (!node.is_map()) return false;
  auto& map = node.as_map();
  const auto without = [&](auto& entry) { return leave_out(entry.second, names, in_list); };
  if (in_list) return std::any_of(map.begin(), map.end(), without);
  std::erase_if(map, without);
  return false;
}

// The ends of a range and all choices; of a float also one between, as ends that are whole fit
// where an integer belongs.
std::vector<double> tried_of(const Distribution& distribution) {
  std::vector<double> numbers = edges_of(distribution);
  if (std::holds_alternative<FloatDistribution>(distribution))
    numbers.push_back(number_at_share(distribution, 0.381966));
  return numbers;
}

bool is_key_of_job(const std::string& name) {
  return name.find('.') != std::string::npos || schema::Job::descriptor()->FindFieldByName(name) ||
         schema::Data::descriptor()->FindFieldByName(name);
}

Point point_with(const SearchSpace& space, const Point& fixed) {
  Point point;
  for (const Hyperparameter& each : space.hyperparameters()) {
    if (!space.active(each, point)) continue;
    const auto number = fixed.find(each.name);
    point[each.name] = number != fixed.end() ? number->second : edges_of(each.distribution)[0];
  }
  return point;
}

std::string place_in(const TrialJob::Places& places, const std::string& name) {
  const auto found = places.find(name);
  return found == places.end() ? name : found->second;
}

// A value may not take the place of what another hyperparameter set there or below, which is known
// by where that was written: it would be tried and change nothing.
void refuse_to_replace(const Config& node, const std::string& name, const Values& values) {
  const std::string own = values.at(name).where();
  visit_nodes(node, [&](const Config& below) {
    for (const auto& [other, value] : values)
      if (const std::string theirs = value.where(); theirs != own && theirs == below.where())
        fail(own, "'{}' takes the place of what '{}' at {} sets in the job; {}leave out one", name,
             other, theirs, &below == &node ? "" : "write it above that one, or ");
  });
}

}  // namespace

void set_folder(Config& job, const std::filesystem::path& folder) {
  if (!job.find("folder"))
    job.set("folder", (std::filesystem::current_path() / folder).lexically_normal().string());
}

TrialJob::TrialJob(Config job, std::string source, const std::filesystem::path& folder)
    : job_(std::move(job)), source_(std::move(source)) {
  if (!job_.is_map())
    fail(job_.where_or(source_), "expected a job, a map of {}",
         fmt::join(field_names(*schema::Job::descriptor()), ", "));
  move_to_place(job_);
  set_folder(job_, folder);
  visit_references(job_, [&](const std::string& name, const Config&) { references_.insert(name); });
}

void TrialJob::check_names(const SearchSpace& space, const Places& places) const {
  visit_references(job_, [&](const std::string& name, const Config& where) {
    if (!space.find(name))
      fail(where.where_or(source_), "there is no hyperparameter '{}'{}", name,
           near_or(name, space.names(), "; add it to the study's space"));
  });
  const std::vector<std::string> references(references_.begin(), references_.end());
  for (const auto& each : space.hyperparameters()) {
    const bool is_parent = std::ranges::any_of(space.hyperparameters(), [&](const auto& other) {
      return std::ranges::any_of(other.conditions,
                                 [&](const auto& one) { return one.parent == each.name; });
    });
    if (references_.contains(each.name) || is_parent || is_key_of_job(each.name)) continue;
    fail(place_in(places, each.name), "'{}' is no path of the job, which does not say ${} either{}",
         each.name, each.name, near_or(each.name, references, "; say it where the value belongs"));
  }
}

void TrialJob::check(const SearchSpace& space, const Places& places) const {
  check_names(space, places);
  for (const auto& each : space.hyperparameters())
    for (const double number : tried_of(each.distribution)) {
      const Point fixed = space.with_parents(each, number);
      try {
        at_place(place_in(places, each.name), [&] {
          const Job job = at(space, point_with(space, fixed), places);
          check_objects(job);
          check_training(job);
        });
      } catch (Error& error) {  // the line of the job does not show the value
        if (std::string_view(error.what()).find(place_in(places, each.name)) == std::string::npos)
          error.reword(fmt::format("{}; tried with {} {}", error.what(), each.name,
                                   to_string(value_of(each.distribution, number))));
        throw;
      }
    }
}

Job TrialJob::at(const SearchSpace& space, const Point& point, const Places& places) const {
  Config job = job_;
  Values values;
  for (const auto& each : space.hyperparameters()) {
    const auto number = point.find(each.name);
    if (number == point.end()) continue;
    values[each.name] = value_of(each.distribution, number->second).at(place_in(places, each.name));
  }
  // A path may lead into what a reference stands for, and counts what is left out afterwards.
  put_values(job, values);
  for (const auto& each : space.hyperparameters()) {
    const auto value = values.find(each.name);
    if (value == values.end() || references_.contains(each.name) || !is_key_of_job(each.name))
      continue;
    Config& node = node_in_job(job, each.name, value->second.where());
    refuse_to_replace(node, each.name, values);
    node = value->second;
  }
  std::set<std::string> without = references_;
  for (const auto& [name, value] : values) without.erase(name);
  leave_out(job, without, false);
  return Job::of(std::move(job), source_);
}

}  // namespace tutti
