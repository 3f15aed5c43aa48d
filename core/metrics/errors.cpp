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

Value MeanAbsolutePercentageError::values(const Value& y_true, const Value& y_pred) const {
  return losses::MeanAbsolutePercentageError().call(y_true, y_pred);
}

Value MeanSquaredLogarithmicError::values(const Value& y_true, const Value& y_pred) const {
  return losses::MeanSquaredLogarithmicError().call(y_true, y_pred);
}

Value LogCoshError::values(const Value& y_true, const Value& y_pred) const {
  return losses::LogCosh().call(y_true, y_pred);
}

Value CosineSimilarity::values(const Value& y_true, const Value& y_pred) const {
  return -losses::CosineSimilarity({.axis = options_.axis}).call(y_true, y_pred);
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

TUTTI_REGISTER(Metric, MeanAbsolutePercentageError, "MeanAbsolutePercentageError",
               "mean of 100 |y_true - y_pred| / |y_true|")
    .alias("mape")
    .alias("MAPE");
TUTTI_REGISTER(Metric, MeanSquaredLogarithmicError, "MeanSquaredLogarithmicError",
               "mean of (log(1 + y_true) - log(1 + y_pred))^2")
    .alias("msle")
    .alias("MSLE");
TUTTI_REGISTER(Metric, LogCoshError, "LogCoshError", "mean of log(cosh(y_pred - y_true))")
    .alias("logcosh");
TUTTI_REGISTER(Metric, CosineSimilarity, "CosineSimilarity", "the cosine of the angle")
    .argument("axis", &CosineSimilarityOptions::axis, "along which the vectors lie");

}  // namespace tutti::metrics
