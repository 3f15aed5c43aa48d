#include "core/metrics/f_score.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/base/error.h"
#include "core/losses/loss.h"
#include "core/losses/match_ranks.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"

namespace tutti::metrics {
namespace {

const std::vector<std::string> kAverages = {"micro", "macro", "weighted"};

}  // namespace

FScore::FScore(FBetaScoreOptions options, const char* where) : score_(std::move(options)) {
  const auto& average = score_.average;
  if (average && std::find(kAverages.begin(), kAverages.end(), *average) == kAverages.end())
    fail(where, "average '{}' is unknown{}; use {} or null", *average,
         did_you_mean(*average, kAverages), fmt::join(kAverages, ", "));
  if (!(score_.beta > 0)) fail(where, "beta is {}; use a positive number", score_.beta);
  if (score_.threshold && !(*score_.threshold > 0 && *score_.threshold <= 1))
    fail(where, "threshold is {}; use a number above 0, up to 1", *score_.threshold);
}

std::vector<Value> FScore::sums(const Value& y_true, const Value& y_pred,
                                const Value& sample_weight) const {
  if (y_true.shape() != y_pred.shape() || y_pred.shape().rank() != 2)
    fail(name(), "y_true has shape {}, y_pred {}; give both as (rows, classes)",
         to_string(y_true.shape()), to_string(y_pred.shape()));
  const DType dtype = DType::f32;
  const Value chosen = score_.threshold
                           ? greater(y_pred, *score_.threshold)
                           : logical_and(greater_equal(y_pred, reduce_max(y_pred, {-1}, true)),
                                         greater(abs(y_pred), 1e-9));
  const Value guess = cast(chosen, dtype), label = cast(y_true, dtype);
  const auto sum = [&](const Value& value) {
    if (!sample_weight.defined()) return reduce_sum(value, {0});
    return reduce_sum(value * align_weight(cast(sample_weight, dtype), value, name().c_str()), {0});
  };
  return {sum(guess * label), sum(guess * (1.0 - label)), sum((1.0 - guess) * label), sum(label)};
}

std::vector<double> FScore::results(std::span<const double> totals) const {
  const size_t classes = totals.size() / 4;
  std::vector<double> tp(totals.begin(), totals.begin() + static_cast<ptrdiff_t>(classes));
  auto fp = totals.subspan(classes, classes), fn = totals.subspan(2 * classes, classes);
  const auto weights = totals.subspan(3 * classes, classes);
  const auto score = [&](double hits, double wrong, double missed) {
    const double precision = hits / (hits + wrong + losses::kEpsilon),
                 recall = hits / (hits + missed + losses::kEpsilon);
    const double square = score_.beta * score_.beta;
    return (1 + square) * precision * recall / (square * precision + recall + losses::kEpsilon);
  };
  const auto sum = [](const auto& values) {
    return std::accumulate(values.begin(), values.end(), 0.0);
  };
  if (score_.average == "micro") return {score(sum(tp), sum(fp), sum(fn))};
  std::vector<double> scores;
  for (size_t i = 0; i < classes; ++i) scores.push_back(score(tp[i], fp[i], fn[i]));
  if (!score_.average) return scores;
  if (score_.average == "macro") return {sum(scores) / static_cast<double>(classes)};
  double weighted = 0;
  for (size_t i = 0; i < classes; ++i) weighted += scores[i] * weights[i];
  return {weighted / (sum(weights) + losses::kEpsilon)};
}

double FScore::result(std::span<const double> totals) const {
  const auto all = results(totals);
  return std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(all.size());
}

TUTTI_REGISTER(Metric, FBetaScore, "FBetaScore", "a mean of precision and recall")
    .argument("average", &FBetaScoreOptions::average,
              "micro, macro, weighted; null: a score for each class")
    .argument("beta", &FBetaScoreOptions::beta, "how much more recall weighs than precision")
    .argument("threshold", &FBetaScoreOptions::threshold,
              "a prediction above it is a 1; null: the largest of a row is");
TUTTI_REGISTER(Metric, F1Score, "F1Score", "the harmonic mean of precision and recall")
    .argument("average", &F1ScoreOptions::average,
              "micro, macro, weighted; null: a score for each class")
    .argument("threshold", &F1ScoreOptions::threshold,
              "a prediction above it is a 1; null: the largest of a row is");

}  // namespace tutti::metrics
