#include "scheduler/pruners/threshold.h"

#include <cmath>

#include "core/base/error.h"

namespace tutti {

ThresholdPruner::ThresholdPruner(Options options)
    : options_(options), interval_{options.n_warmup_steps, options.interval_steps} {
  if (!options_.lower && !options_.upper) fail("Threshold", "has no bound; give lower or upper");
  for (const auto& bound : {options_.lower, options_.upper})
    if (bound && std::isnan(*bound)) fail("Threshold", "a bound is not a number; give one that is");
  if (options_.lower && options_.upper && *options_.lower > *options_.upper)
    fail("Threshold", "lower {} is above upper {}; swap them", *options_.lower, *options_.upper);
  interval_.check("Threshold");
}

Verdict ThresholdPruner::judge(const StudyRecord&, const Trial& trial) {
  if (!interval_.due(trial)) return Verdict::go_on;
  const double value = trial.intermediate.rbegin()->second;
  const bool out = std::isnan(value) || (options_.lower && value < *options_.lower) ||
                   (options_.upper && value > *options_.upper);
  return out ? Verdict::stop : Verdict::go_on;
}

TUTTI_REGISTER(Pruner, ThresholdPruner, "Threshold", "ends a trial whose value is out of bounds")
    .argument("lower", &ThresholdPrunerOptions::lower, "values below end the trial")
    .argument("upper", &ThresholdPrunerOptions::upper, "values above end the trial")
    .argument("n_warmup_steps", &ThresholdPrunerOptions::n_warmup_steps,
              "the first step that is judged")
    .argument("interval_steps", &ThresholdPrunerOptions::interval_steps, "steps between judgements")
    .alias("ThresholdPruner");

}  // namespace tutti
