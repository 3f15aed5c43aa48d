#include "core/metrics/r2_score.h"

#include <cmath>
#include <numeric>

#include "core/base/error.h"
#include "core/losses/match_ranks.h"
#include "core/ops/broadcast_to.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"

namespace tutti::metrics {

R2Score::R2Score(Options options) : MetricWith(std::move(options)) {
  const auto& how = options_.class_aggregation;
  if (how && *how != "uniform_average" && *how != "variance_weighted_average")
    fail("R2Score",
         "class_aggregation '{}' is unknown; use uniform_average, variance_weighted_average or "
         "null",
         *how);
  if (options_.num_regressors < 0)
    fail("R2Score", "num_regressors is {}; use 0 or more", options_.num_regressors);
}

std::vector<Value> R2Score::sums(const Value& y_true, const Value& y_pred,
                                 const Value& sample_weight) const {
  const auto [truth, prediction] = match_ranks(y_true, y_pred);
  if (truth.shape() != prediction.shape() || truth.shape().rank() != 2)
    fail("R2Score", "y_true has shape {}, y_pred {}; give both as (rows, columns)",
         to_string(y_true.shape()), to_string(y_pred.shape()));
  // A difference of large sums follows: f64 from the start.
  const Value y = cast(truth, DType::f64), error = y - cast(prediction, DType::f64);
  Value weight = y * 0.0 + 1.0;
  if (sample_weight.defined())
    weight = broadcast_to(align_weight(cast(sample_weight, DType::f64), y, "R2Score"), y.shape());
  return {reduce_sum(y * weight, {0}), reduce_sum(y * y * weight, {0}),
          reduce_sum(square(error) * weight, {0}), reduce_sum(weight, {0}), global_elements(y)};
}

std::vector<double> R2Score::results(std::span<const double> totals) const {
  const size_t columns = (totals.size() - 1) / 4;
  std::vector<double> scores;
  double weighted = 0, variances = 0;
  for (size_t i = 0; i < columns; ++i) {
    const double sum = totals[i], squares = totals[columns + i], rest = totals[2 * columns + i];
    const double total = squares - sum * (sum / totals[3 * columns + i]);
    const double score = 1.0 - rest / total;
    scores.push_back(std::isinf(score) ? 0.0 : score);
    weighted += total * scores.back(), variances += total;
  }
  if (options_.class_aggregation == "uniform_average")
    scores = {std::accumulate(scores.begin(), scores.end(), 0.0) / static_cast<double>(columns)};
  else if (options_.class_aggregation)
    scores = {weighted / variances};
  const double samples = totals[4 * columns], inputs = static_cast<double>(options_.num_regressors);
  // Adjusted only while there are samples enough, as Keras.
  if (inputs != 0 && inputs < samples - 1)
    for (double& score : scores)
      score = 1.0 - (1.0 - score) * (samples - 1) / (samples - inputs - 1);
  return scores;
}

double R2Score::result(std::span<const double> totals) const {
  const auto all = results(totals);
  return std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(all.size());
}

TUTTI_REGISTER(Metric, R2Score, "R2Score", "the part of the variance that is explained")
    .argument("class_aggregation", &R2ScoreOptions::class_aggregation,
              "uniform_average, variance_weighted_average; null: one for each column")
    .argument("num_regressors", &R2ScoreOptions::num_regressors,
              "above 0: adjusted for so many inputs");

}  // namespace tutti::metrics
