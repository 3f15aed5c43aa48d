#include "core/losses/regression.h"

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

TUTTI_REGISTER(Loss, MeanSquaredError, "MeanSquaredError", "mean of (y_true - y_pred)^2")
    .with(declare_reduction)
    .alias("mse")
    .alias("MSE");
TUTTI_REGISTER(Loss, MeanAbsoluteError, "MeanAbsoluteError", "mean of |y_true - y_pred|")
    .with(declare_reduction)
    .alias("mae")
    .alias("MAE");

}  // namespace tutti::losses
