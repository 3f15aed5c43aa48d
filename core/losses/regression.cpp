#include "core/losses/regression.h"

#include <numbers>

#include "core/base/error.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"

namespace tutti::losses {
Value difference(const Value& y_true, const Value& y_pred, const char* where) {
  if (y_true.shape().rank() != y_pred.shape().rank())
    fail(where, "y_true has shape {}, y_pred {}; give both one shape", to_string(y_true.shape()),
         to_string(y_pred.shape()));
  (void)broadcast(y_true.shape(), y_pred.shape(), where);
  return cast(y_true, y_pred.dtype()) - y_pred;
}

Value mean_over_last(const Value& value, int axis) {
  return value.shape().rank() < 2 ? value : reduce_mean(value, {axis});
}

Value MeanSquaredError::call(const Value& y_true, const Value& y_pred) const {
  return mean_over_last(square(difference(y_true, y_pred, "MeanSquaredError")));
}

Value MeanAbsoluteError::call(const Value& y_true, const Value& y_pred) const {
  return mean_over_last(abs(difference(y_true, y_pred, "MeanAbsoluteError")));
}

Value MeanAbsolutePercentageError::call(const Value& y_true, const Value& y_pred) const {
  const Value error = abs(difference(y_true, y_pred, "MeanAbsolutePercentageError"));
  const Value scale = maximum(abs(cast(y_true, y_pred.dtype())), kEpsilon);
  return 100.0 * mean_over_last(error / scale);
}

Value MeanSquaredLogarithmicError::call(const Value& y_true, const Value& y_pred) const {
  const auto logarithm = [](const Value& value) { return log(maximum(value, kEpsilon) + 1.0); };
  return mean_over_last(square(difference(logarithm(cast(y_true, y_pred.dtype())),
                                          logarithm(y_pred), "MeanSquaredLogarithmicError")));
}

Huber::Huber(Options options) : LossWith(std::move(options)) {
  if (!(options_.delta >= 0)) fail("Huber", "delta is {}; use 0 or more", options_.delta);
}

Value Huber::call(const Value& y_true, const Value& y_pred) const {
  const double delta = options_.delta;
  const Value error = abs(difference(y_true, y_pred, "Huber"));
  return mean_over_last(
      select(less_equal(error, delta), 0.5 * square(error), delta * error - 0.5 * delta * delta));
}

Value LogCosh::call(const Value& y_true, const Value& y_pred) const {
  const Value x = -difference(y_true, y_pred, "LogCosh");
  return mean_over_last(x + softplus(-2.0 * x) - std::numbers::ln2);
}

Value normalized(const Value& value, int axis) {
  return value * rsqrt(maximum(reduce_sum(square(value), {axis}, true), kEpsilon * kEpsilon));
}

Value CosineSimilarity::call(const Value& y_true, const Value& y_pred) const {
  (void)difference(y_true, y_pred, "CosineSimilarity");
  const Value target = normalized(cast(y_true, y_pred.dtype()), options_.axis);
  return -reduce_sum(target * normalized(y_pred, options_.axis), {options_.axis});
}

TUTTI_REGISTER(Loss, MeanSquaredError, "MeanSquaredError", "mean of (y_true - y_pred)^2")
    .with(declare_reduction)
    .alias("mse")
    .alias("MSE");
TUTTI_REGISTER(Loss, MeanAbsoluteError, "MeanAbsoluteError", "mean of |y_true - y_pred|")
    .with(declare_reduction)
    .alias("mae")
    .alias("MAE");

TUTTI_REGISTER(Loss, MeanAbsolutePercentageError, "MeanAbsolutePercentageError",
               "mean of 100 |y_true - y_pred| / |y_true|")
    .with(declare_reduction)
    .alias("mape")
    .alias("MAPE");
TUTTI_REGISTER(Loss, MeanSquaredLogarithmicError, "MeanSquaredLogarithmicError",
               "mean of (log(1 + y_true) - log(1 + y_pred))^2")
    .with(declare_reduction)
    .alias("msle")
    .alias("MSLE");
TUTTI_REGISTER(Loss, Huber, "Huber", "squared error near 0, magnitude beyond delta")
    .argument("delta", &HuberOptions::delta, "where the line begins")
    .with(declare_reduction);
TUTTI_REGISTER(Loss, LogCosh, "LogCosh", "mean of log(cosh(y_pred - y_true))")
    .with(declare_reduction);
TUTTI_REGISTER(Loss, CosineSimilarity, "CosineSimilarity", "minus the cosine of the angle")
    .argument("axis", &CosineSimilarityOptions::axis, "along which the vectors lie")
    .with(declare_reduction);

}  // namespace tutti::losses
