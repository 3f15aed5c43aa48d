// A metric of several numbers in fit: each has a name, and callbacks know which way is better.
#include "core/callbacks/early_stopping.h"
#include "core/layers/dense.h"
#include "core/metrics/f_score.h"
#include "core/model/sequential.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

TEST(MetricResults, HaveANameEachInTheHistory) {
  Sequential model({Dense({.units = 2, .activation = "sigmoid"})});
  model.compile({.optimizer = "adam",
                 .loss = "mse",
                 .metrics = {metrics::F1Score({.threshold = 0.5}), "mae"}});
  const Tensor x = test::sample_tensor({12, 3}, DType::f32);
  const Tensor y = test::sample_tensor({12, 2}, DType::f32, 5);
  for (float& label : y.span<float>()) label = label > 0 ? 1.0f : 0.0f;
  FitOptions fit;
  fit.epochs = 2;
  fit.verbose = 0;
  // In mode auto: more of an F1 score is better.
  fit.callbacks = {std::make_shared<EarlyStopping>(
      EarlyStoppingOptions{.monitor = "f1_score_1", .patience = 5})};
  const auto history = model.fit(x, y, fit).history();
  std::vector<std::string> names;
  for (const auto& [name, values] : history) names.push_back(name);
  for (const char* name : {"f1_score_0", "f1_score_1", "mae"})
    EXPECT_NE(std::find(names.begin(), names.end(), name), names.end()) << name;
  EXPECT_EQ(std::find(names.begin(), names.end(), "f1_score"), names.end());
}

}  // namespace
}  // namespace tutti
