// What fit does with callbacks, validation data and epochs that were done before.
#include <gmock/gmock.h>

#include <filesystem>

#include "core/base/seed.h"
#include "core/callbacks/early_stopping.h"
#include "core/callbacks/learning_rates.h"
#include "core/callbacks/model_checkpoint.h"
#include "core/layers/dense.h"
#include "core/model/progress.h"
#include "core/model/sequential.h"
#include "core/model/weights_file.h"
#include "core/optimizers/sgd.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

using test::column;

// y = w x from w = 0, on data where y = x: it learns at rate 0.01 and runs away at rate 1.
std::unique_ptr<Sequential> line_through_zero(double rate) {
  Dense dense({.units = 1, .use_bias = false, .kernel_initializer = "zeros"});
  dense->set_input_shape({1});
  auto model = std::make_unique<Sequential>(std::initializer_list<LayerHandle>{dense});
  model->compile({.optimizer = SGD(rate), .loss = "mse"});
  return model;
}

const Tensor kPoints = column({1, 2, 3, 4});

FitOptions epochs(int64_t count) {
  FitOptions options;
  options.epochs = count;
  options.batch_size = 4;
  options.verbose = 0;
  return options;
}

double weight_of(const Sequential& model) { return model.get_weights()[0].item(); }

TEST(Fit, EarlyStoppingStopsAndRestoresTheBestWeights) {
  FitOptions options = epochs(10);
  options.callbacks = {std::make_shared<EarlyStopping>(
      EarlyStoppingOptions{.monitor = "loss", .patience = 2, .restore_best_weights = true})};
  const auto model = line_through_zero(1);
  const History history = model->fit(kPoints, kPoints, options);
  // Losses are those before the update: the first epoch's is the best, its update the best kept.
  EXPECT_EQ(history.epochs(), (std::vector<int64_t>{0, 1, 2}));
  EXPECT_LT(history["loss"][0], history["loss"][1]);
  EXPECT_NEAR(weight_of(*model), 15, 1e-4);  // 2 mean(x^2)
}

TEST(Fit, ACheckpointKeepsTheBestWeights) {
  const std::string path = testing::TempDir() + "best.safetensors";
  FitOptions options = epochs(3);
  options.callbacks = {std::make_shared<ModelCheckpoint>(ModelCheckpointOptions{
      .filepath = path, .monitor = "loss", .save_best_only = true, .save_weights_only = true})};
  clear_session();
  line_through_zero(1)->fit(kPoints, kPoints, options);
  clear_session();
  const auto model = line_through_zero(1);
  model->predict(kPoints);
  load_weights_file(*model, path);
  EXPECT_NEAR(weight_of(*model), 15, 1e-4);
  std::filesystem::remove(path);
}

TEST(Fit, ASchedulerSetsTheRateOfEveryEpoch) {
  FitOptions options = epochs(2);
  options.callbacks = {std::make_shared<LearningRateScheduler>(
      [](int64_t epoch, double) { return epoch == 0 ? 0.02 : 0.0; })};
  const auto model = line_through_zero(1);
  const History history = model->fit(kPoints, kPoints, options);
  EXPECT_NEAR(weight_of(*model), 0.3, 1e-6);  // 0.02 * 15, once
  EXPECT_NEAR(history["learning_rate"][0], 0.02, 1e-9);
}

TEST(Fit, ValidationDataIsMeasuredAndNotLearned) {
  FitOptions options = epochs(1);
  options.validation_data =
      std::make_shared<TensorRows>(std::vector<TensorRows::Named>{{"", column({10, 20})}},
                                   std::vector<TensorRows::Named>{{"", column({0, 0})}});
  const auto model = line_through_zero(0.02);
  const History history = model->fit(kPoints, kPoints, options);
  EXPECT_NEAR(weight_of(*model), 0.3, 1e-6);
  EXPECT_NEAR(history["val_loss"][0], 0.3 * 0.3 * 250, 1e-4);
}

TEST(Fit, GoesOnFromTheInitialEpoch) {
  FitOptions options = epochs(5);
  options.initial_epoch = 3;
  const auto model = line_through_zero(0.01);
  EXPECT_EQ(model->fit(kPoints, kPoints, options).epochs(), (std::vector<int64_t>{3, 4}));
  EXPECT_EQ(model->optimizer().iterations(), 2);
}

TEST(Fit, SaysALineForEachEpochWhereThereIsNoTerminal) {
  for (const int verbose : {1, 2}) {
    FitOptions options = epochs(2);
    options.verbose = verbose;
    options.batch_size = 2;
    testing::internal::CaptureStdout();
    line_through_zero(0)->fit(kPoints, kPoints, options);
    EXPECT_THAT(
        testing::internal::GetCapturedStdout(),
        testing::MatchesRegex("Epoch 1/2 - 2/2 - [0-9]+s [0-9]+[mu]?s/step - loss: 7.5000\n"
                              "Epoch 2/2 - 2/2 - [0-9]+s [0-9]+[mu]?s/step - loss: 7.5000\n"));
  }
  testing::internal::CaptureStdout();
  line_through_zero(0)->fit(kPoints, kPoints, epochs(1));
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

TEST(Progress, GivesALogWholeLines) {
  testing::internal::CaptureStdout();
  Progress progress(2, 1, 10);
  progress.begin_epoch(0);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "") << "a warning would stand behind it";
  testing::internal::CaptureStdout();
  progress.end_epoch({});
  EXPECT_THAT(testing::internal::GetCapturedStdout(), testing::StartsWith("Epoch 1/1 - 10/10 - "));
}

TEST(Progress, WritesValuesAsKeras) {
  Logs logs;
  logs.set("small", 0.00012345);
  logs.set("none", 0);
  logs.set("lost", NAN);
  testing::internal::CaptureStdout();
  Progress progress(2, 1, 10);
  progress.begin_epoch(0);
  progress.end_epoch(logs);
  EXPECT_THAT(testing::internal::GetCapturedStdout(),
              testing::EndsWith(" - small: 1.2345e-04 - none: 0.0000 - lost: nan\n"));
}

}  // namespace
}  // namespace tutti
