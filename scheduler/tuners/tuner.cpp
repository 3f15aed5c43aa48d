#include "scheduler/tuners/tuner.h"

#include <algorithm>
#include <cmath>

#include "scheduler/tuners/portable_math.h"

namespace tutti {
namespace {

double continuous_number(const FloatDistribution& d, double share) {
  if (!d.log) return std::min(d.low + share * (d.high - d.low), d.high);
  const double low = portable_log(d.low), high = portable_log(d.high);
  return std::clamp(portable_exp(low + share * (high - low)), d.low, d.high);
}

// Each integer as often as the logarithm gives it the space between its halves: Optuna's rule.
double logarithmic_number(const IntDistribution& d, double share) {
  const double bottom = static_cast<double>(d.low), top = static_cast<double>(d.high);
  const double low = portable_log(bottom - 0.5), high = portable_log(top + 0.5);
  return std::clamp(std::round(portable_exp(low + share * (high - low))), bottom, top);
}

}  // namespace

Random Question::random(uint32_t stream) const {
  // The study's seed itself seeds trials; a question's numbers are to be none of theirs.
  const uint64_t key = seed ^ 0x7475747469617368u;
  return Random(key, static_cast<uint64_t>(number) << 32 | stream);
}

double random_number(const Distribution& distribution, Random& random) {
  return number_at_share(distribution, random.uniform());
}

double number_at_share(const Distribution& distribution, double share) {
  const auto* integer = std::get_if<IntDistribution>(&distribution);
  if (integer && integer->log) return logarithmic_number(*integer, share);
  if (const auto count = count_of(distribution))
    return number_at(
        distribution,
        std::min(static_cast<int64_t>(share * static_cast<double>(*count)), *count - 1));
  return continuous_number(std::get<FloatDistribution>(distribution), share);
}

Point random_point(const SearchSpace& space, Random& random, const Point& fixed) {
  Point point;
  for (const auto& hyperparameter : space.hyperparameters()) {
    if (!space.active(hyperparameter, point)) continue;
    const auto given = fixed.find(hyperparameter.name);
    point[hyperparameter.name] =
        given != fixed.end() ? given->second : random_number(hyperparameter.distribution, random);
  }
  return point;
}

}  // namespace tutti
