// Constraints on the norm of each vector that lies along an axis of a weight: MaxNorm, MinMaxNorm,
// UnitNorm. For a Dense kernel axis 0 holds the inputs of a neuron.
#pragma once

#include <vector>

#include "core/constraints/constraint.h"

namespace tutti {

struct MaxNormOptions {
  double max_value = 2.0;
  std::vector<int> axis = {0};
};

// Longer vectors are shortened to max_value.
class MaxNorm final : public Constraint {
 public:
  using Options = MaxNormOptions;
  explicit MaxNorm(Options options = {});  // throws for a bound below 0
  Value operator()(const Value& weight) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

struct MinMaxNormOptions {
  double min_value = 0.0;
  double max_value = 1.0;
  double rate = 1.0;  // how much of the way is gone at each step
  std::vector<int> axis = {0};
};

// Lengths are brought into [min_value, max_value].
class MinMaxNorm final : public Constraint {
 public:
  using Options = MinMaxNormOptions;
  explicit MinMaxNorm(Options options = {});
  Value operator()(const Value& weight) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

struct UnitNormOptions {
  std::vector<int> axis = {0};
};

// Every length becomes 1.
class UnitNorm final : public Constraint {
 public:
  using Options = UnitNormOptions;
  explicit UnitNorm(Options options = {}) : options_(std::move(options)) {}
  Value operator()(const Value& weight) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace tutti
