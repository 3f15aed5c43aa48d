#include "core/optimizers/multi_optimizer.h"

#include <algorithm>
#include <regex>

#include "core/base/error.h"

namespace tutti {
namespace {

constexpr const char* kMulti = "MultiOptimizer";

OptimizerOptions scaled_by(const std::optional<double>& factor) {
  OptimizerOptions options;
  options.loss_scale_factor = factor;
  return options;
}

std::regex pattern_of(const std::string& key) {
  try {
    return std::regex(key);
  } catch (const std::regex_error& error) {
    fail(kMulti, "optimizer_map: '{}' is no regular expression ({}); mend it", key, error.what());
  }
}

}  // namespace

MultiOptimizer::MultiOptimizer(Options options)
    : Optimizer(scaled_by(options.loss_scale_factor)), options_(std::move(options)) {
  const auto add = [&](const Ref<Optimizer>& optimizer) {
    if (!optimizer) fail(kMulti, "holds an empty optimizer; name one, for example 'adam'");
    if (optimizer->wraps_another())
      fail(kMulti, "holds an optimizer that wraps others; name those themselves");
    const bool known = std::any_of(parts_.begin(), parts_.end(), [&](const Part& part) {
      return part.optimizer.pointer() == optimizer.pointer();
    });
    if (known) return;
    optimizer->set_loss_scale_factor(options_.loss_scale_factor);
    parts_.push_back({optimizer, optimizer->learning_rate()});
  };
  for (const auto& [key, optimizer] : options_.optimizer_map) {
    (void)pattern_of(key);
    add(optimizer);
  }
  if (options_.default_optimizer) add(options_.default_optimizer);
  if (parts_.empty()) fail(kMulti, "has no optimizer; give optimizer_map some");
}

MultiOptimizer::Part& MultiOptimizer::part_of(const Variable& variable) {
  const std::string& name = variable.name();
  std::vector<Ref<Optimizer>> found;
  if (const auto exact = options_.optimizer_map.find(name); exact != options_.optimizer_map.end())
    found = {exact->second};
  else
    for (const auto& [key, optimizer] : options_.optimizer_map)
      if (std::regex_match(name, pattern_of(key))) found.push_back(optimizer);
  if (found.size() > 1)
    fail(kMulti, "{} keys match variable '{}'; let one match it", found.size(), name);
  if (found.empty() && options_.default_optimizer) found = {options_.default_optimizer};
  if (found.empty())
    fail(kMulti, "no key matches variable '{}'; add one, or a default_optimizer", name);
  return *std::find_if(parts_.begin(), parts_.end(), [&](const Part& part) {
    return part.optimizer.pointer() == found[0].pointer();
  });
}

void MultiOptimizer::build(const std::vector<VariablePtr>& variables, Reducer& reducer) {
  if (built()) fail(kMulti, "is built for a model already; make another one for this model");
  for (size_t i = 0; i < variables.size(); ++i) part_of(*variables[i]).places.push_back(i);
  for (const Part& part : parts_) {
    std::vector<VariablePtr> own;
    for (const size_t place : part.places) own.push_back(variables[place]);
    if (!own.empty()) part.optimizer->build(own, reducer);
  }
  trained_ = variables;
}

void MultiOptimizer::apply(const std::vector<Gradient>& gradients, const ShardLayout& layout) {
  for (const Part& part : parts_) {
    std::vector<Gradient> own;
    for (const size_t place : part.places) own.push_back(gradients[place]);
    if (!own.empty()) part.optimizer->apply(own, layout);
  }
}

void MultiOptimizer::finalize_variable_values(Reducer& reducer) {
  for (const Part& part : parts_)
    if (!part.places.empty()) part.optimizer->finalize_variable_values(reducer);
}

bool MultiOptimizer::keeps_averages() const {
  return std::any_of(parts_.begin(), parts_.end(), [](const Part& part) {
    return !part.places.empty() && part.optimizer->keeps_averages();
  });
}

void MultiOptimizer::use_averages(bool use, Reducer& reducer) {
  for (const Part& part : parts_)
    if (!part.places.empty() && part.optimizer->keeps_averages())
      part.optimizer->use_averages(use, reducer);
}

void MultiOptimizer::exclude_from_weight_decay(const std::vector<VariablePtr>& variables,
                                               const std::vector<std::string>& words) {
  for (const Part& part : parts_) part.optimizer->exclude_from_weight_decay(variables, words);
}

bool MultiOptimizer::moves_parameters() const {
  return std::all_of(parts_.begin(), parts_.end(),
                     [](const Part& part) { return part.optimizer->moves_parameters(); });
}

double MultiOptimizer::learning_rate() const { return parts_[0].optimizer->learning_rate(); }

void MultiOptimizer::set_learning_rate(double rate) {
  const double first = parts_[0].rate;
  if (!(first > 0))
    fail(kMulti,
         "its first rate is {}, which the others cannot follow; set those of its optimizers",
         first);
  // From the rates at first, so that it does not matter by which steps this one was reached.
  for (const Part& part : parts_)
    part.optimizer->set_learning_rate(&part == &parts_[0] ? rate : rate * (part.rate / first));
}

int64_t MultiOptimizer::iterations() const {
  int64_t most = 0;
  for (const Part& part : parts_) most = std::max(most, part.optimizer->iterations());
  return most;
}

std::vector<const Optimizer*> MultiOptimizer::parts() const {
  std::vector<const Optimizer*> all;
  for (const Part& part : parts_)
    if (!part.places.empty()) all.push_back(&*part.optimizer);
  return all;
}

std::vector<VariablePtr> MultiOptimizer::variables() const {
  std::vector<VariablePtr> all;
  for (const Optimizer* part : parts())
    for (auto& variable : part->variables()) all.push_back(std::move(variable));
  return all;
}

Value MultiOptimizer::update(const Update&) const {
  fail(ExitCode::internal, kMulti, "its optimizers update; call apply()");
}

TUTTI_REGISTER(Optimizer, MultiOptimizer, "MultiOptimizer",
               "an optimizer for each part of a model, by the names of its variables")
    .required("optimizer_map", &MultiOptimizerOptions::optimizer_map,
              "from names, or regular expressions of them, to optimizers")
    .argument("loss_scale_factor", &MultiOptimizerOptions::loss_scale_factor,
              "multiplies the loss, divides its gradients")
    .argument("default_optimizer", &MultiOptimizerOptions::default_optimizer,
              "of variables that no key matches");

}  // namespace tutti
