// The density of the points of past trials: a mixture with one kernel per trial and one, the prior,
// that is as wide as the space (Bergstra et al., "Algorithms for hyper-parameter optimization",
// NIPS 2011; widths, weights and bounds as in Optuna 5).
//
// A kernel is a product over hyperparameters. Of a number it is a normal distribution within the
// bounds, as wide as the larger of the gaps to the neighbouring trials' values; of a number in
// steps, that distribution's mass around each step; of a choice, its own with one more than the
// others.
#pragma once

#include <span>
#include <vector>

#include "core/base/random.h"
#include "scheduler/tuners/parzen_kernels.h"

namespace tutti {

// Numbers by axis, then by candidate.
using Candidates = std::vector<std::vector<double>>;

class ParzenEstimator {
 public:
  explicit ParzenEstimator(const std::vector<ParzenAxis>& axes);

  // A trial becomes the one with this index, from the oldest on; those from there on move up. The
  // densities are to the bit those of an estimator made anew.
  void insert(size_t trial, std::span<const double> places);
  void erase(size_t trial);

  Candidates sample(Random& random, int count);
  // The logarithm of the density, or for steps and choices of the probability, in places.
  std::vector<double> log_density(const Candidates& candidates);

 private:
  void settle();
  double draw(const ParzenKernels& kernels, size_t kernel, Random& random) const;

  size_t trials_ = 0;
  bool settled_ = false;
  std::vector<double> weights_;  // of kernels; the prior's is the last; then zeros
  std::vector<double> bases_;    // of kernels' log densities, where every number is at its place
  std::vector<ParzenKernels> axes_;
};

}  // namespace tutti
