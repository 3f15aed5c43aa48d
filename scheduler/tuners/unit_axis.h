// A hyperparameter as a coordinate from 0 to 1, for tuners that compute in the unit cube: Optuna's
// transform. Numbers in steps have a cell each, their own place in its middle; numbers with `log`
// lie by their logarithm.
#pragma once

#include <vector>

#include "scheduler/space/search_space.h"

namespace tutti {

struct UnitAxis {
  explicit UnitAxis(const Distribution& distribution);

  // Within [0, 1] for any number. The i-th of `choices` is at i.
  double place_of(double number) const;
  // The number whose cell has the place, or that lies there.
  double number_of(double place) const;

  Distribution distribution;
  int64_t cells = 0;    // of numbers in even steps; 0 otherwise
  int64_t choices = 0;  // 0: numbers

 private:
  double low_ = 0, span_ = 1;  // of numbers or their logarithms, with half a step beyond
  bool log_ = false;
};

// The hyperparameters without conditions that have more than one value, which each trial has; of
// these alone a tuner can learn how they go together. Without choices if `numbers_alone`.
std::vector<const Hyperparameter*> common_hyperparameters(const SearchSpace& space,
                                                          bool numbers_alone);

}  // namespace tutti
