#include "core/metrics/errors.h"

#include <cmath>

#include "core/losses/regression.h"
#include "core/ops/elementwise.h"

namespace tutti::metrics {

Value MeanSquaredError::values(const Value& y_true, const Value& y_pred) const {
  return losses::MeanSquaredError().call(y_true, y_pred);
}

Value MeanAbsoluteError::values(const Value& y_true, const Value& y_pred) const {
  return losses::MeanAbsoluteError().call(y_true, y_pred);
}

Value RootMeanSquaredError::values(const Value& y_true, const Value& y_pred) const {
  return square(losses::difference(y_true, y_pred, "RootMeanSquaredError"));
}

double RootMeanSquaredError::result(std::span<const double> totals) const {
  return std::sqrt(MeanMetric::result(totals));
}

TUTTI_REGISTER(Metric, MeanSquaredError, "MeanSquaredError", "mean of (y_true - y_pred)^2")
    .alias("mse")
    .alias("MSE");
TUTTI_REGISTER(Metric, MeanAbsoluteError, "MeanAbsoluteError", "mean of |y_true - y_pred|")
    .alias("mae")
    .alias("MAE");
TUTTI_REGISTER(Metric, RootMeanSquaredError, "RootMeanSquaredError",
               "root of the mean of (y_true - y_pred)^2");

}  // namespace tutti::metrics
