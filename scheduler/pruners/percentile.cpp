#include "scheduler/pruners/percentile.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/error.h"

namespace tutti {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

// numpy.nanpercentile, to the bit: between two values from the nearer one.
double percentile_of(std::vector<double> values, double percentile) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.empty()) return kNothing;
  const double place = static_cast<double>(values.size() - 1) * (percentile / 100);
  const auto index = static_cast<size_t>(std::floor(place));
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(index);
  std::nth_element(values.begin(), at, values.end());
  const double low = *at;
  const double high = at + 1 == values.end() ? low : *std::min_element(at + 1, values.end());
  const double share = place - static_cast<double>(index);
  return share < 0.5 ? low + (high - low) * share : high - (high - low) * (1 - share);
}

// The best value that it reported; NaN if all were.
double best_of(const Trial& trial, bool maximize) {
  double best = kNothing;
  for (const auto& [step, value] : trial.intermediate)
    best = maximize ? std::fmax(best, value) : std::fmin(best, value);
  return best;
}

PercentileOptions median_rule(const MedianOptions& options) {
  PercentileOptions rule;
  static_cast<MedianOptions&>(rule) = options;
  rule.percentile = 50;
  return rule;
}

}  // namespace

PercentilePruner::PercentilePruner(Options options, const std::string& name)
    : options_(options), interval_{options.n_warmup_steps, options.interval_steps} {
  if (!(options_.percentile >= 0 && options_.percentile <= 100))
    fail(name, "percentile is {}; use 0 to 100", options_.percentile);
  if (options_.n_startup_trials < 0)
    fail(name, "n_startup_trials is {}; use 0 or more", options_.n_startup_trials);
  if (options_.n_min_trials < 1)
    fail(name, "n_min_trials is {}; use 1 or more", options_.n_min_trials);
  interval_.check(name);
}

Verdict PercentilePruner::judge(const StudyRecord& study, const Trial& trial) {
  if (!interval_.due(trial)) return Verdict::go_on;
  const int64_t step = *trial.last_step();
  int64_t complete = 0;
  std::vector<double> values;
  for (const Trial& other : study.trials) {
    if (other.state != TrialState::complete) continue;
    ++complete;
    const auto found = other.intermediate.find(step);
    if (found != other.intermediate.end()) values.push_back(found->second);
  }
  if (complete == 0 || complete < options_.n_startup_trials) return Verdict::go_on;
  const bool maximize = study.directions[0] == Direction::maximize;
  const double best = best_of(trial, maximize);
  if (std::isnan(best)) return Verdict::stop;
  if (static_cast<int64_t>(values.size()) < options_.n_min_trials) return Verdict::go_on;
  const double percentile = maximize ? 100 - options_.percentile : options_.percentile;
  const double bound = percentile_of(std::move(values), percentile);
  return (maximize ? best < bound : best > bound) ? Verdict::stop : Verdict::go_on;
}

MedianPruner::MedianPruner(Options options)
    : options_(options), rule_(median_rule(options), "Median") {}

namespace {

constexpr auto declare_median = [](auto& builder) {
  builder
      .argument("n_startup_trials", &MedianOptions::n_startup_trials,
                "complete trials before any ends early")
      .argument("n_warmup_steps", &MedianOptions::n_warmup_steps, "the first step that is judged")
      .argument("interval_steps", &MedianOptions::interval_steps, "steps between judgements")
      .argument("n_min_trials", &MedianOptions::n_min_trials,
                "complete trials that must have reported at the step");
};

}  // namespace

TUTTI_REGISTER(Pruner, MedianPruner, "Median",
               "ends a trial whose best is worse than the median at the same step")
    .with(declare_median)
    .alias("MedianPruner");
TUTTI_REGISTER(Pruner, PercentilePruner, "Percentile",
               "ends a trial whose best is not in the best share at the same step")
    .required("percentile", &PercentileOptions::percentile, "the share that is kept, 0 to 100")
    .with(declare_median)
    .alias("PercentilePruner");

}  // namespace tutti
