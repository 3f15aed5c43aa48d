// FBetaScore and F1Score: a mean of precision and recall of each class, which weighs recall beta
// times as much as precision.
#pragma once

#include "core/metrics/metric.h"

namespace tutti::metrics {

struct FBetaScoreOptions {
  std::optional<std::string> average = {};  // micro, macro, weighted; none: a score for each class
  double beta = 1.0;
  std::optional<double> threshold = {};  // none: the largest prediction of a row is its 1
};

class FScore : public Metric {
 public:
  FScore(FBetaScoreOptions options, const char* where);
  // Of (rows, classes).
  std::vector<Value> sums(const Value& y_true, const Value& y_pred,
                          const Value& sample_weight) const override;
  double result(std::span<const double> totals) const override;
  std::vector<double> results(std::span<const double> totals) const override;
  std::optional<bool> rises() const override { return true; }

 private:
  FBetaScoreOptions score_;
};

class FBetaScore final : public FScore {
 public:
  using Options = FBetaScoreOptions;
  explicit FBetaScore(Options options = {}) : FScore(options, "FBetaScore"), options_(options) {}
  const Options& options() const { return options_; }

 protected:
  std::string default_name() const override { return "fbeta_score"; }

 private:
  Options options_;
};

struct F1ScoreOptions {
  std::optional<std::string> average = {};
  std::optional<double> threshold = {};
};

class F1Score final : public FScore {
 public:
  using Options = F1ScoreOptions;
  explicit F1Score(Options options = {})
      : FScore({.average = options.average, .threshold = options.threshold}, "F1Score"),
        options_(options) {}
  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace tutti::metrics
