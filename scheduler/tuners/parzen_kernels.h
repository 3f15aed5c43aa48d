// The kernels of a Parzen estimator on one axis: a normal distribution, or a choice, per trial.
#pragma once

#include <vector>

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

// Kernels of trials, oldest first, then the prior's, then zeros up to a multiple of the lanes.
// Trials come and go; what settles then depends on those that are there alone.
class ParzenKernels {
 public:
  static constexpr size_t kLanes = 8;

  explicit ParzenKernels(const ParzenAxis& axis);

  // Becomes the trial with this index; those from there on move up.
  void insert(size_t trial, double place);
  void erase(size_t trial);
  // Works out the widths that this changed.
  void settle();

  const ParzenAxis& axis() const { return axis_; }
  bool continuous() const { return axis_.choices == 0 && axis_.step == 0; }
  const std::vector<double>& places() const { return places_; }
  // The logarithm of what each kernel gives a choice, or a number in steps.
  std::vector<double> logs_of(double number) const;

  // Of numbers alone. Scales: the logarithm of what a kernel's values integrate to in the bounds.
  double sigma(size_t kernel) const { return sigmas_[kernel]; }
  const std::vector<double>& half_precisions() const { return half_precisions_; }
  const std::vector<double>& log_scales() const { return log_scales_; }

 private:
  size_t rank_of(size_t trial) const;
  void measure(size_t kernel, double sigma);
  std::vector<double> logs_of_choice(double choice) const;
  std::vector<double> logs_of_cell(double number) const;

  ParzenAxis axis_;
  size_t trials_ = 0;
  std::vector<double> places_, sigmas_, half_precisions_, log_scales_;
  std::vector<int> order_;                // trials by place, equal ones oldest first
  double least_ = 0;                      // of the trials' sigmas
  size_t stale_from_ = 0, stale_to_ = 0;  // places in the order whose neighbours changed
};

}  // namespace tutti
