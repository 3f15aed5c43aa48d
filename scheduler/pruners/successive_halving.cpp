#include "scheduler/pruners/successive_halving.h"

#include <algorithm>
#include <set>

#include "core/base/error.h"

namespace tutti {

SuccessiveHalving::SuccessiveHalving(Options options) : options_(options) {
  const char* where = "SuccessiveHalving";
  const auto& [min, factor, rate, bootstrap, promotion, max] = options_;
  if (min.steps && *min.steps < 1)
    fail(where, "min_resource is {}; use 1 or more, or \"auto\"", *min.steps);
  if (factor < 2) fail(where, "reduction_factor is {}; use 2 or more", factor);
  if (rate < 0) fail(where, "min_early_stopping_rate is {}; use 0 or more", rate);
  if (bootstrap < 0) fail(where, "bootstrap_count is {}; use 0 or more", bootstrap);
  if (bootstrap > 0 && !min.steps)
    fail(where, "bootstrap_count needs a min_resource that is known; give a number");
  if (max.steps && !promotion)
    fail(where, "max_resource goes with promotion alone; leave it out, or set promotion");
  if (max.steps && *max.steps < min.steps.value_or(1))
    fail(where, "max_resource is {}; use min_resource or more", *max.steps);
}

std::optional<Bracket> SuccessiveHalving::bracket(const StudyRecord& study) const {
  Bracket bracket;
  std::optional<int64_t> min = options_.min_resource.steps;
  if (options_.promotion) bracket.end = options_.max_resource.steps;
  if (!min || (options_.promotion && !bracket.end)) {
    const auto course = first_course(study);
    if (!course) return {};
    if (options_.promotion && !bracket.end) bracket.end = course->last_step;
    if (!min) min = std::max<int64_t>(course->last_step / 100, 1);
    const auto ended = study.finished.begin() + course->ended;
    bracket.competes = [old = std::set<int64_t>(study.finished.begin(), ended)](
                           const Trial& trial) { return !old.contains(trial.number); };
  }
  bracket.factor = options_.reduction_factor;
  bracket.first = grown(*min, bracket.factor, options_.min_early_stopping_rate);
  bracket.bootstrap_count = options_.bootstrap_count;
  return bracket;
}

Verdict SuccessiveHalving::judge(const StudyRecord& study, const Trial& trial) {
  const auto one = trial.intermediate.empty() ? std::nullopt : bracket(study);
  if (!one) return Verdict::go_on;
  return options_.promotion ? one->pause_or_go_on(trial) : one->stop_or_go_on(study, trial);
}

std::optional<int64_t> SuccessiveHalving::promote(const StudyRecord& study) {
  const auto one = options_.promotion ? bracket(study) : std::nullopt;
  return one ? one->promotable(study) : std::nullopt;
}

TUTTI_REGISTER(Pruner, SuccessiveHalving, "SuccessiveHalving",
               "asynchronous successive halving (ASHA): a part of the trials goes on at each rung")
    .argument("min_resource", &SuccessiveHalvingOptions::min_resource,
              "steps before any trial is judged, or \"auto\"")
    .argument("reduction_factor", &SuccessiveHalvingOptions::reduction_factor,
              "one of so many goes on, for so many times the steps")
    .argument("min_early_stopping_rate", &SuccessiveHalvingOptions::min_early_stopping_rate,
              "rungs that are left out at the beginning")
    .argument("bootstrap_count", &SuccessiveHalvingOptions::bootstrap_count,
              "trials that must have been in a rung before one goes on")
    .argument("promotion", &SuccessiveHalvingOptions::promotion,
              "trials pause at rungs, and the best go on later; false: the others end there")
    .argument("max_resource", &SuccessiveHalvingOptions::max_resource,
              "steps of a whole trial, for promotion, or \"auto\"")
    .alias("ASHA")
    .alias("SuccessiveHalvingPruner");

}  // namespace tutti
