// Losses of numbers, means over the last axis: MeanSquaredError, MeanAbsoluteError,
// MeanAbsolutePercentageError, MeanSquaredLogarithmicError, Huber, LogCosh; and CosineSimilarity.
#pragma once

#include "core/losses/loss.h"

namespace tutti::losses {

class MeanSquaredError final : public LossWith<ReductionOptions> {
 public:
  using LossWith::LossWith;
  Value call(const Value& y_true, const Value& y_pred) const override;
};

class MeanAbsoluteError final : public LossWith<ReductionOptions> {
 public:
  using LossWith::LossWith;
  Value call(const Value& y_true, const Value& y_pred) const override;
};

// 100 |y_true - y_pred| / |y_true|, where |y_true| counts as 1e-7 at least.
class MeanAbsolutePercentageError final : public LossWith<ReductionOptions> {
 public:
  using LossWith::LossWith;
  Value call(const Value& y_true, const Value& y_pred) const override;
};

// (log(1 + y_true) - log(1 + y_pred))^2, of numbers that count as 1e-7 at least.
class MeanSquaredLogarithmicError final : public LossWith<ReductionOptions> {
 public:
  using LossWith::LossWith;
  Value call(const Value& y_true, const Value& y_pred) const override;
};

struct HuberOptions {
  double delta = 1.0;
  std::string reduction = "sum_over_batch_size";
};

// Half the squared error up to delta, a line beyond. Huber, 1964.
class Huber final : public LossWith<HuberOptions> {
 public:
  explicit Huber(Options options = {});  // throws for a delta below 0
  Value call(const Value& y_true, const Value& y_pred) const override;
};

// log(cosh(y_pred - y_true))
class LogCosh final : public LossWith<ReductionOptions> {
 public:
  using LossWith::LossWith;
  Value call(const Value& y_true, const Value& y_pred) const override;
};

struct CosineSimilarityOptions {
  int axis = -1;
  std::string reduction = "sum_over_batch_size";
};

// -cos of the angle between y_true and y_pred along an axis: -1 for one direction.
class CosineSimilarity final : public LossWith<CosineSimilarityOptions> {
 public:
  using LossWith::LossWith;
  Value call(const Value& y_true, const Value& y_pred) const override;
};

// y_true - y_pred in y_pred's dtype; throws naming both shapes if they do not broadcast.
Value difference(const Value& y_true, const Value& y_pred, const char* where);
// The mean over the last axis; a value of rows alone is kept as it is.
Value mean_over_last(const Value& value, int axis = -1);
// Divided by its norm along an axis, which counts as 1e-7 at least.
Value normalized(const Value& value, int axis);

}  // namespace tutti::losses
