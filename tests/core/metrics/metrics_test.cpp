// Metrics against Keras over two batches, names, and the names that stand for several kinds.
#include "core/metrics/metric.h"

#include "core/metrics/accuracy.h"
#include "core/ops/elementwise.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

using test::error_of, test::golden;

void add_sums(std::vector<double>& totals, const Metric& metric, const std::vector<Tensor>& batch,
              int64_t shards) {
  std::vector<double> sums;
  for (const Tensor& sum : test::run_traced(batch,
                                            [&](const auto& in) {
                                              return metric.sums(in[0], in[1],
                                                                 in.size() > 2 ? in[2] : Value());
                                            },
                                            {.shards = shards}))
    for (const double number : sum.to_vector<double>()) sums.push_back(number);
  totals.resize(sums.size(), 0.0);
  for (size_t i = 0; i < sums.size(); ++i) totals[i] += sums[i];
}

TEST(Metrics, EqualKerasOverTwoBatches) {
  for (const auto& item : golden("metrics")) {
    SCOPED_TRACE(item["name"].get<std::string>() + item["arguments"].dump() +
                 (item["sample_weight"].is_null() ? "" : " weighted"));
    const auto metric =
        make<Metric>(test::call_of(item["name"].get<std::string>(), item["arguments"]));
    EXPECT_EQ(metric->name(), item["keras_name"].get<std::string>());
    for (const int64_t shards : {1, 3}) {
      std::vector<double> totals;
      for (size_t i = 0; i < 2; ++i) {
        std::vector<Tensor> batch = {test::tensor_of(item["y_true"][i]),
                                     test::tensor_of(item["y_pred"][i])};
        if (!item["sample_weight"].is_null())
          batch.push_back(test::tensor_of(item["sample_weight"][i]));
        add_sums(totals, *metric, batch, shards);
      }
      const auto expected = test::tensor_of(item["result"]).to_vector<double>();
      const auto got = metric->results(totals);
      ASSERT_EQ(got.size(), expected.size());
      for (size_t i = 0; i < got.size(); ++i)
        EXPECT_NEAR(got[i], expected[i], 1e-6 + 3e-6 * std::abs(expected[i])) << "number " << i;
    }
  }
}

TEST(Metrics, AccuracyIsChosenByShapesAsInKeras) {
  const auto chosen = [](const char* name, const Shape& y_true, const Shape& y_pred,
                         bool sparse = false) {
    const auto metric = resolve_metric(name, y_true, y_pred, sparse);
    EXPECT_EQ(metric->name(), name);
    return to_string(kind_config(*metric));
  };
  for (const char* name : {"accuracy", "acc"}) {
    EXPECT_EQ(chosen(name, {kRows, 1}, {kRows, 1}), "{BinaryAccuracy: {threshold: 0.5}}");
    EXPECT_EQ(chosen(name, {kRows}, {kRows, 3}), "SparseCategoricalAccuracy");
    EXPECT_EQ(chosen(name, {kRows, 1}, {kRows, 3}), "SparseCategoricalAccuracy");
    EXPECT_EQ(chosen(name, {kRows, 3}, {kRows, 3}), "CategoricalAccuracy");
  }
  EXPECT_NE(chosen("ce", {kRows}, {kRows, 3}).find("SparseCategoricalCrossentropy"),
            std::string::npos);
  EXPECT_EQ(chosen("Accuracy", {kRows, 1}, {kRows, 1}), "Accuracy");
  EXPECT_EQ(chosen("mse", {kRows, 1}, {kRows, 1}), "MeanSquaredError");
}

TEST(Metrics, NamesAreAsWritten) {
  EXPECT_EQ(make<Metric>("mse")->name(), "mse");
  EXPECT_EQ(make<Metric>(test::call_of("MeanSquaredError", {{"name", "error"}}))->name(), "error");
  EXPECT_EQ(metrics::BinaryAccuracy().name(), "binary_accuracy");
  EXPECT_EQ(kind_config(*make<Metric>("acc")), Config("accuracy"));
}

TEST(Metrics, ACppFunctionIsAMetric) {
  const Ref<Metric> metric = [](const Value& y_true, const Value& y_pred) {
    return abs(y_true - y_pred);
  };
  std::vector<double> totals;
  add_sums(totals, *metric, {test::column({1, 2}), test::column({2, 5})}, 1);
  EXPECT_DOUBLE_EQ(metric->result(totals), 2.0);
  EXPECT_DOUBLE_EQ(metric->result(std::vector<double>{0, 0}), 0.0);
}

TEST(Metrics, RefuseWhatDoesNotFit) {
  EXPECT_NE(error_of([] { make<Metric>("acuracy"); }).find("did you mean 'Accuracy'"),
            std::string::npos);
  EXPECT_NE(error_of([] {
              metrics::CategoricalAccuracy().values(make_input("y", {kRows, 2}),
                                                    make_input("p", {kRows, 3}));
            }).find("(None, 2), y_pred (None, 3)"),
            std::string::npos);
}

}  // namespace
}  // namespace tutti
