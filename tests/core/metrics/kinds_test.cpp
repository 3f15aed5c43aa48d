// Metrics with numbers of their own: several results, thresholds, wrong arguments.
#include "core/metrics/auc.h"
#include "core/metrics/confusion.h"
#include "core/metrics/f_score.h"
#include "core/metrics/iou.h"
#include "core/metrics/mean.h"
#include "core/metrics/operating_points.h"
#include "core/metrics/r2_score.h"
#include "core/metrics/top_k.h"
#include "core/ops/elementwise.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

using test::error_of;

std::vector<double> results_of(const Metric& metric, const Tensor& y_true, const Tensor& y_pred) {
  std::vector<double> totals;
  for (const Tensor& sum : test::run_traced(
           {y_true, y_pred}, [&](const auto& in) { return metric.sums(in[0], in[1], Value()); }))
    for (const double number : sum.to_vector<double>()) totals.push_back(number);
  return metric.results(totals);
}

// What scikit-learn's roc_auc_score gives: the part of pairs that are in order.
TEST(AUC, IsThePartOfPairsInOrder) {
  const Tensor labels = test::column({0, 0, 1, 1, 1}), scores = test::column({.1, .4, .35, .8, .9});
  EXPECT_NEAR(results_of(metrics::AUC(), labels, scores)[0], 5.0 / 6, 1e-6);
}

TEST(ConfusionMetrics, HaveANumberForEachThresholdInTheirOrder) {
  const Tensor labels = test::column({0, 1, 1}), scores = test::column({.3, .6, .9});
  const metrics::TruePositives counts({.thresholds = std::vector<double>{0.7, 0.2}});
  EXPECT_EQ(results_of(counts, labels, scores), (std::vector<double>{1, 2}));
  EXPECT_EQ(results_of(metrics::Precision(), labels, scores), std::vector<double>{1});
  // Nothing above: 0, not a quotient of zeros.
  EXPECT_EQ(
      results_of(metrics::Precision({.thresholds = std::vector<double>{1.0}}), labels, scores),
      std::vector<double>{0});
}

TEST(ConfusionMetrics, TakeClassesAsPredictions) {
  const auto classes = [](std::vector<int64_t> values) { return Tensor::from(values, {3}); };
  EXPECT_EQ(results_of(metrics::Recall(), classes({0, 1, 1}), classes({1, 0, 1})),
            std::vector<double>{0.5});
  EXPECT_EQ(results_of(metrics::Sum(), classes({0, 0, 0}), classes({1, 0, 3})),
            std::vector<double>{4});
}

TEST(MeanMetricWrapper, IsTheMeanOfALossOrAFunction) {
  const Tensor a{{1, 2}, {3, 4}}, b{{2, 2}, {3, 8}};
  const metrics::MeanMetricWrapper squared({.fn = "mse"});
  EXPECT_EQ(results_of(squared, a, b), std::vector<double>{4.25});
  EXPECT_EQ(squared.rises(), false);
  const metrics::MeanMetricWrapper function(
      {.fn = [](const Value& y, const Value& p) { return abs(y - p); }});
  EXPECT_EQ(results_of(function, a, b), std::vector<double>{1.25});
  EXPECT_EQ(function.rises(), std::nullopt);
}

TEST(MetricKinds, RefuseWrongArguments) {
  EXPECT_EQ(error_of([] { metrics::Precision({.thresholds = std::vector<double>{1.5}}); }),
            "[Precision] threshold 1.5 is outside [0, 1]; use numbers between");
  EXPECT_EQ(error_of([] { metrics::AUC({.num_thresholds = 1}); }),
            "[AUC] num_thresholds is 1; use 2 or more");
  EXPECT_NE(error_of([] { metrics::AUC({.num_labels = 3}); }).find("multi_label"),
            std::string::npos);
  EXPECT_EQ(error_of([] { metrics::PrecisionAtRecall({.recall = 2}); }),
            "[PrecisionAtRecall] recall is 2; use a number from 0 to 1");
  EXPECT_NE(error_of([] { metrics::F1Score({.average = "macroo"}); }).find("did you mean 'macro'"),
            std::string::npos);
  EXPECT_NE(error_of([] { metrics::FBetaScore({.beta = 0}); }).find("beta is 0"),
            std::string::npos);
  EXPECT_NE(
      error_of([] { metrics::R2Score({.class_aggregation = "mean"}); }).find("uniform_average"),
      std::string::npos);
  EXPECT_NE(error_of([] {
              metrics::IoU({.num_classes = 3, .target_class_ids = {3}});
            }).find("target class 3 is outside [0, 3)"),
            std::string::npos);
  EXPECT_NE(error_of([] { metrics::TopKCategoricalAccuracy({.k = 0}); }).find("k is 0"),
            std::string::npos);
  EXPECT_NE(error_of([] { metrics::MeanMetricWrapper({}); }).find("name a loss"),
            std::string::npos);
}

}  // namespace
}  // namespace tutti
