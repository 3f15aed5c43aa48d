#include "scheduler/tuners/unit_axis.h"

#include <algorithm>
#include <cmath>

#include "core/base/random.h"
#include "scheduler/tuners/portable_math.h"

namespace tutti {

UnitAxis::UnitAxis(const Distribution& given) : distribution(given) {
  double first = 0, last = 1, half_step = 0;
  if (const auto* d = std::get_if<FloatDistribution>(&given)) {
    first = d->low, last = d->high, log_ = d->log;
    half_step = d->step.value_or(0) / 2;
  } else if (const auto* d = std::get_if<IntDistribution>(&given)) {
    first = static_cast<double>(d->low), last = static_cast<double>(d->high), log_ = d->log;
    half_step = static_cast<double>(d->step) / 2;
  } else {
    choices = *count_of(given);
    return;
  }
  if (half_step > 0 && !log_) cells = *count_of(given);
  const double low = first - half_step, high = last + half_step;
  low_ = log_ ? portable_log(low) : low;
  span_ = (log_ ? portable_log(high) : high) - low_;
}

double UnitAxis::place_of(double number) const {
  if (choices > 0) return number;
  if (span_ == 0) return 0.5;
  if (log_ && number <= 0) return 0;
  return std::clamp(((log_ ? portable_log(number) : number) - low_) / span_, 0.0, 1.0);
}

double UnitAxis::number_of(double place) const {
  if (choices > 0) return place;
  if (cells > 0) {
    const auto cell = static_cast<int64_t>(place * static_cast<double>(cells));
    return number_at(distribution, std::clamp<int64_t>(cell, 0, cells - 1));
  }
  const double number = log_ ? portable_exp(low_ + place * span_) : low_ + place * span_;
  if (const auto* d = std::get_if<IntDistribution>(&distribution))
    return std::clamp(std::round(number), static_cast<double>(d->low),
                      static_cast<double>(d->high));
  const auto& d = std::get<FloatDistribution>(distribution);
  return std::clamp(number, d.low, d.high);
}

std::vector<const Hyperparameter*> common_hyperparameters(const SearchSpace& space,
                                                          bool numbers_alone) {
  std::vector<const Hyperparameter*> common;
  for (const auto& hyperparameter : space.hyperparameters()) {
    const Distribution& distribution = hyperparameter.distribution;
    if (!hyperparameter.conditions.empty() || count_of(distribution) == 1) continue;
    if (numbers_alone && std::holds_alternative<CategoricalDistribution>(distribution)) continue;
    common.push_back(&hyperparameter);
  }
  return common;
}

}  // namespace tutti
