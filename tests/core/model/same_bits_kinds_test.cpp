// The world is invisible to every optimizer, constraint, loss and metric: what needs whole tensors,
// sums over parameters or other rows gives the same bits on any number of ranks.
#include "core/layers/dense.h"
#include "core/model/sequential.h"
#include "tests/conformance/graph_runner.h"
#include "tests/conformance/optimizer_config.h"
#include "tests/core/model/world_runner.h"

namespace tutti {
namespace {

using test::difference, test::Job, test::record_of, test::Record;

// 41 rows in batches of 16: an odd last one.
Job job_of(const Config& optimizer, const DenseOptions& first, const Config& loss,
           const std::vector<const char*>& metrics, const char* activation = "linear") {
  return [=] {
    Sequential model({Dense(first), Dense({.units = 3, .activation = activation})});
    MetricList list;
    for (const char* metric : metrics) list.push_back(metric);
    model.compile({.optimizer = optimizer, .loss = Ref<Loss>(loss), .metrics = list});
    const Tensor x = test::sample_tensor({41, 6}, DType::f32),
                 y = test::sample_tensor({41, 3}, DType::f32, 5);
    for (float& label : y.span<float>()) label = label > 0 ? 1.0f : 0.0f;
    FitOptions fit;
    fit.epochs = 2;
    fit.batch_size = 16;
    fit.verbose = 0;
    return record_of(model, model.fit(x, y, fit));
  };
}

void expect_same_in_worlds(const Job& job) {
  const Record alone = test::run_on(1, 1, 4, job);
  for (const int world : {2, 3, 4}) {
    EXPECT_EQ(difference(test::run_on(world, 1, 4, job), alone), "") << world << " ranks";
  }
}

// Kernels of more than one block, so that shares cut them.
const DenseOptions kWide{.units = 900, .activation = "tanh"};

TEST(SameBitsOfKinds, EveryOptimizer) {
  for (const KindInfo* kind : kinds_of("optimizer")) {
    SCOPED_TRACE(kind->name);
    expect_same_in_worlds(job_of(test::optimizer_config(*kind), kWide, Config("mse"), {"mae"}));
  }
}

TEST(SameBitsOfKinds, EveryConstraint) {
  for (const KindInfo* kind : kinds_of("constraint")) {
    SCOPED_TRACE(kind->name);
    DenseOptions kept = kWide;
    kept.kernel_constraint = Ref<Constraint>(Config(kind->name));
    kept.bias_constraint = Ref<Constraint>(Config(kind->name));
    expect_same_in_worlds(job_of(Config("adam"), kept, Config("mse"), {"mae"}));
  }
}

TEST(SameBitsOfKinds, LossesAndMetricsThatMixRows) {
  const std::vector<const char*> metrics = {"auc",   "precision", "recall", "f1_score",
                                            "hinge", "r2_score",  "mean",   "true_positives"};
  for (const char* loss : {"dice", "tversky", "hinge", "squared_hinge"}) {
    SCOPED_TRACE(loss);
    expect_same_in_worlds(job_of(Config("adam"), {.units = 8}, Config(loss), metrics, "sigmoid"));
  }
}

TEST(SameBitsOfKinds, ALossOfPairsOfRows) {
  expect_same_in_worlds([] {
    Sequential model({Dense({.units = 8, .activation = "tanh"}), Dense({.units = 3})});
    model.compile({.optimizer = "adam",
                   .loss = Ref<Loss>(test::call_of("Circle", {{"gamma", 4.0}}))});
    std::vector<int64_t> labels(41);
    for (size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<int64_t>(i * i % 5);
    FitOptions fit;
    fit.epochs = 2;
    fit.batch_size = 16;
    fit.verbose = 0;
    return record_of(model, model.fit(test::sample_tensor({41, 6}, DType::f32),
                                      Tensor::from(labels, {41}), fit));
  });
}

}  // namespace
}  // namespace tutti
