// What fit does with callbacks, validation data and epochs that were done before.
#include <sstream>

#include "core/callbacks/early_stopping.h"
#include "core/callbacks/learning_rates.h"
#include "core/layers/dense.h"
#include "core/model/sequential.h"
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

}  // namespace
}  // namespace tutti
