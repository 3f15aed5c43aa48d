#include "scheduler/tuners/expected_improvement.h"

#include <algorithm>
#include <cmath>

#include "scheduler/tuners/portable_math.h"

namespace tutti {

double log_normal_improvement(double z, double& slope) {
  constexpr double kLogRootTwoPi = 0.9189385332046727;
  if (z < -4) {
    // Laplace's continued fraction of Mills's ratio, taken so that nothing cancels.
    const double x = -z;
    double fraction = x;
    for (int k = 40; k >= 2; --k) fraction = x + k / fraction;
    slope = fraction;
    return -0.5 * z * z - kLogRootTwoPi - portable_log(1 + x * fraction);
  }
  const double below = z > 0 ? 1 - normal_tail(z) : normal_tail(-z);
  const double mean = z * below + portable_exp(-0.5 * z * z - kLogRootTwoPi);
  slope = below / mean;
  return portable_log(mean);
}

double ExpectedImprovement::at(const GaussianProcess::Belief& belief) const {
  const double deviation = std::sqrt(belief.variance);
  double largest = -INFINITY, slope = 0;
  std::vector<double> logs(best.size());
  for (size_t c = 0; c < best.size(); ++c) {
    logs[c] = log_normal_improvement((belief.means[c] - best[c]) / deviation, slope);
    largest = std::max(largest, logs[c]);
  }
  double sum = 0;
  for (const double log : logs) sum += portable_exp(log - largest);
  return largest + portable_log(sum * deviation / static_cast<double>(best.size()));
}

double ExpectedImprovement::at(std::span<const double> point, std::span<double> gradient) const {
  const auto known = process.slope(point);
  const double deviation = std::sqrt(known.belief.variance);
  const size_t d = gradient.size();
  std::vector<double> logs(best.size()), slopes(best.size());
  double largest = -INFINITY, sum = 0;
  for (size_t c = 0; c < best.size(); ++c) {
    logs[c] = log_normal_improvement((known.belief.means[c] - best[c]) / deviation, slopes[c]);
    largest = std::max(largest, logs[c]);
  }
  for (double& log : logs) sum += log = portable_exp(log - largest);
  // By the deviation: log(deviation) itself, and each z = (mean - best) / deviation.
  double by_deviation = 1 / deviation;
  std::fill(gradient.begin(), gradient.end(), 0);
  for (size_t c = 0; c < best.size(); ++c) {
    const double share = logs[c] / sum * slopes[c] / deviation;
    by_deviation -= share * (known.belief.means[c] - best[c]) / deviation;
    for (size_t i = 0; i < d; ++i) gradient[i] += share * known.means_gradient[c * d + i];
  }
  for (size_t i = 0; i < d; ++i)
    gradient[i] += by_deviation * known.variance_gradient[i] / (2 * deviation);
  return largest + portable_log(sum * deviation / static_cast<double>(best.size()));
}

}  // namespace tutti
