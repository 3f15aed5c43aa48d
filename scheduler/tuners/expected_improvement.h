// How much a point is expected to be better than the best known one, in the logarithm: Ament et
// al., "Unexpected improvements to expected improvement for Bayesian optimization", NeurIPS 2023.
//
// Where trials are running, their values are imagined, drawn together from what the process
// believes, as often as it has columns; the expectation is the mean over these fantasies.
#pragma once

#include <span>
#include <vector>

#include "core/base/random.h"
#include "scheduler/tuners/gaussian_process.h"
#include "scheduler/tuners/unit_axis.h"

namespace tutti {

// log E[max(0, X + z)] of a standard normal X, and in `slope` its derivative; any finite z.
double log_normal_improvement(double z, double& slope);

struct ExpectedImprovement {
  const GaussianProcess& process;
  std::vector<double> best;  // of each of the process's columns; greater is better

  double at(const GaussianProcess::Belief& belief) const;
  double at(std::span<const double> point, std::span<double> gradient) const;
};

// The point where it is greatest: the best of many points spread over the space and then, from some
// of these and from `incumbent`, uphill by L-BFGS where numbers are continuous, in turns with
// steps. Beyond 200 trials fewer are compared, so that a suggestion costs milliseconds at
// thousands.
std::vector<double> maximize(const ExpectedImprovement& improvement,
                             const std::vector<UnitAxis>& axes,
                             const std::vector<double>& incumbent, Random& random);

}  // namespace tutti
