#include "scheduler/pruners/hyperband.h"

#include <vector>

#include "core/base/error.h"

namespace tutti {

Hyperband::Hyperband(Options options) : options_(options) {
  const auto& [min, max, factor, bootstrap, promotion] = options_;
  if (min < 1) fail("Hyperband", "min_resource is {}; use 1 or more", min);
  if (max.steps && *max.steps < min)
    fail("Hyperband", "max_resource is {}; use min_resource or more, or \"auto\"", *max.steps);
  if (factor < 2) fail("Hyperband", "reduction_factor is {}; use 2 or more", factor);
  if (bootstrap < 0) fail("Hyperband", "bootstrap_count is {}; use 0 or more", bootstrap);
  if (bootstrap > 0 && !max.steps)
    fail("Hyperband", "bootstrap_count needs a max_resource that is known; give a number");
}

int64_t Hyperband::brackets(int64_t max_resource) const {
  int64_t count = 1;
  for (int64_t share = max_resource / options_.min_resource; share >= options_.reduction_factor;
       share /= options_.reduction_factor)
    ++count;
  return count;
}

int64_t Hyperband::bracket_of(const Trial& trial, int64_t brackets) const {
  std::vector<int64_t> shares;
  int64_t total = 0;
  for (int64_t id = 0; id < brackets; ++id) {
    const int64_t s = brackets - 1 - id;
    const int64_t configurations = brackets * grown(1, options_.reduction_factor, s);
    shares.push_back((configurations + s) / (s + 1));  // rounded up
    total += shares.back();
  }
  int64_t place = trial.number % total;
  int64_t id = 0;
  for (; place >= shares[static_cast<size_t>(id)]; ++id) place -= shares[static_cast<size_t>(id)];
  return id;
}

std::optional<Hyperband::Known> Hyperband::known(const StudyRecord& study) const {
  if (const auto max = options_.max_resource.steps) return Known{brackets(*max), *max, {}};
  const auto course = first_course(study);
  if (!course) return {};
  const auto ended = study.finished.begin() + course->ended;
  // Optuna's steps begin at 0, so that one more was taken.
  return Known{brackets(course->last_step + 1), course->last_step,
               std::set<int64_t>(study.finished.begin(), ended)};
}

Bracket Hyperband::bracket(const Known& known, int64_t id) const {
  Bracket bracket;
  bracket.factor = options_.reduction_factor;
  bracket.first = grown(options_.min_resource, bracket.factor, id);
  bracket.bootstrap_count = options_.bootstrap_count;
  if (options_.promotion) bracket.end = known.end;
  bracket.competes = [known, id, this](const Trial& trial) {
    return !known.old.contains(trial.number) && bracket_of(trial, known.brackets) == id;
  };
  return bracket;
}

Verdict Hyperband::judge(const StudyRecord& study, const Trial& trial) {
  const auto limits = trial.intermediate.empty() ? std::nullopt : known(study);
  if (!limits) return Verdict::go_on;
  const Bracket one = bracket(*limits, bracket_of(trial, limits->brackets));
  return options_.promotion ? one.pause_or_go_on(trial) : one.stop_or_go_on(study, trial);
}

std::optional<int64_t> Hyperband::promote(const StudyRecord& study) {
  const auto limits = options_.promotion ? known(study) : std::nullopt;
  if (!limits) return {};
  for (int64_t id = 0; id < limits->brackets; ++id)
    if (const auto number = bracket(*limits, id).promotable(study)) return number;
  return {};
}

TUTTI_REGISTER(Pruner, Hyperband, "Hyperband",
               "brackets of successive halving that begin to judge early, later and not at all")
    .argument("min_resource", &HyperbandOptions::min_resource, "steps before any trial is judged")
    .argument("max_resource", &HyperbandOptions::max_resource,
              "steps of a whole trial, or \"auto\"")
    .argument("reduction_factor", &HyperbandOptions::reduction_factor,
              "one of so many goes on, for so many times the steps")
    .argument("bootstrap_count", &HyperbandOptions::bootstrap_count,
              "trials that must have been in a rung before one goes on")
    .argument("promotion", &HyperbandOptions::promotion,
              "trials pause at rungs, and the best go on later; false: the others end there")
    .alias("HyperbandPruner");

}  // namespace tutti
