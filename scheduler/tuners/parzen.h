// The density of the points of past trials: a mixture with one kernel per trial and one, the prior,
// that is as wide as the space (Bergstra et al., "Algorithms for hyper-parameter optimization",
// NIPS 2011; widths, weights and bounds as in Optuna 5).
//
// A kernel is a product over hyperparameters. Of a number it is a normal distribution within the
// bounds, as wide as the larger of the gaps to the neighbouring trials' values; of a number in
// steps, that distribution's mass around each step; of a choice, its own with one more than the
// others.
#pragma once

#include <map>
#include <vector>

#include "core/base/random.h"
#include "scheduler/space/distribution.h"

namespace tutti {

// A hyperparameter as kernels see it. A *place* is where a number lies: the number or its
// logarithm.
struct ParzenAxis {
  explicit ParzenAxis(const Distribution& distribution);

  double place_of(double number) const;
  // The number nearest to a place.
  double number_of(double place) const;

  bool log = false;
  double first = 0, last = 0;  // the least and the greatest number
  double step = 0;             // 0: any number between them
  double low = 0, high = 0;    // places that kernels are bounded by: half a step beyond
  int choices = 0;             // 0: numbers
};

// What is known of a kernel as long as its width is the same.
struct KernelWidth {
  double sigma = -1;
  double log_scale = 0;  // of what its values integrate to within the bounds
  double half_precision = 0;
};

// The trials' places on one axis.
struct ParzenColumn {
  const ParzenAxis* axis = nullptr;
  std::vector<double> places;  // oldest trial first
  std::vector<int> order;      // indices of places, ascending, equal ones oldest first
  // What was kept from before, if anything: widths[trials[i]] of the i-th place.
  KernelWidth* widths = nullptr;
  const int* trials = nullptr;
};
// With the order worked out.
ParzenColumn parzen_column(const ParzenAxis& axis, std::vector<double> places);

// Numbers by axis, then by candidate.
using Candidates = std::vector<std::vector<double>>;

class ParzenEstimator {
 public:
  // All columns are of the same trials.
  explicit ParzenEstimator(std::vector<ParzenColumn> columns);

  Candidates sample(Random& random, int count) const;
  // The logarithm of the density, or for steps and choices of the probability, in places.
  std::vector<double> log_density(const Candidates& candidates) const;

 private:
  struct Kernels {
    const ParzenAxis* axis;
    std::vector<double> places, sigmas, half_precisions;
    std::vector<int> order = {};  // by place
  };
  struct LogSum;
  // Of each kernel, by number.
  using LogsByNumber = std::map<double, std::vector<double>>;
  void add_numbers(ParzenColumn& column);
  // Adds the kernels from `tile` to `end` to a candidate's sum. An axis has `places` or `discrete`.
  void add_tile(const Candidates& candidates, const Candidates& places,
                const std::vector<LogsByNumber>& discrete, size_t c, size_t tile, size_t end,
                LogSum& sum) const;
  std::vector<double> logs_of_choice(const Kernels& kernels, double choice) const;
  std::vector<double> logs_of_cell(const Kernels& kernels, double number) const;
  double draw(const Kernels& kernels, size_t kernel, Random& random) const;

  size_t trials_ = 0, padded_ = 0;
  std::vector<double> weights_;     // of kernels; the prior's is the last; then zeros
  std::vector<double> log_scales_;  // of continuous axes, summed
  std::vector<Kernels> axes_;
};

}  // namespace tutti
