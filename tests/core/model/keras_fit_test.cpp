// fit and evaluate of whole models against Keras (tests/peers/goldens/fit_goldens.py).
#include <cmath>
#include <map>

#include "core/callbacks/lambda_callback.h"
#include "core/callbacks/swap_ema_weights.h"
#include "core/layers/dense.h"
#include "core/layers/embedding.h"
#include "core/layers/input_layer.h"
#include "core/layers/lstm.h"
#include "core/layers/merging.h"
#include "core/losses/crossentropy.h"
#include "core/losses/regression.h"
#include "core/model/sequential.h"
#include "core/ops/one_hot.h"
#include "core/optimizers/adagrad.h"
#include "core/optimizers/adam.h"
#include "core/optimizers/decays.h"
#include "core/optimizers/rmsprop.h"
#include "core/optimizers/sgd.h"
#include "core/regularizers/l1_l2.h"
#include "tests/core/model/waves.h"

namespace tutti {
namespace {

using test::expect_series, test::Json, test::labels_below, test::Series, test::set_waves,
    test::wave;

constexpr int64_t kFitRows = 16;

Tensor weights_of_rows(double slope, double offset) {
  const Tensor weight = wave({kFitRows}, slope, offset);
  for (float& w : weight.span<float>()) w = std::abs(w);
  return weight;
}
const Tensor kWeight = weights_of_rows(1.1, 0.2), kOtherWeight = weights_of_rows(0.3, 0.9);

void expect_fit(const char* name, CompileOptions options,
                const PerOutput<Tensor>& weight = kWeight) {
  SCOPED_TRACE(name);
  const Value a = Input({3}, "a"), b = Input({3}, "b");
  const Dense tower({.units = 4,
                     .activation = "tanh",
                     .kernel_regularizer = L2(0.01),
                     .activity_regularizer = L1(0.02)},
                    "tower");
  const Value left = tower(a), right = tower(b);
  const Value kind =
      Dense({.units = 3, .activation = "softmax"}, "kind")(Concatenate()(std::vector{left, right}));
  const Value size = Dense({.units = 1, .bias_regularizer = L1L2({0.1, 0.2})},
                           "size")(Add()(std::vector{left, right}));
  Model model({a, b}, {kind, size});
  set_waves(model);
  model.compile(std::move(options));
  const auto rows = make_rows({wave({kFitRows, 3}, 0.9, 0.1), wave({kFitRows, 3}, 1.3, 0.5)},
                              {labels_below(3, kFitRows), wave({kFitRows, 1}, 0.4, 0.7)}, weight);
  FitOptions fit{.epochs = 3, .batch_size = 4, .verbose = 0};
  fit.validation_split = 0.25;
  fit.shuffle = false;
  const Json golden = test::golden("fits");
  expect_series(model.fit(rows, fit).history(), golden[name]["history"]);
  Series tested;
  const Logs logs = model.evaluate(rows, 4);
  for (const auto& [key, value] : logs.entries()) tested[key] = {value};
  expect_series(tested, golden[name]["evaluate"]);
}

TEST(KerasFit, LossesWeightsAndMetricsByName) {
  expect_fit("named",
             {.optimizer = Adam({.learning_rate = 0.005, .clipnorm = 0.5}),
              .loss = {{"kind", "sparse_categorical_crossentropy"}, {"size", "mse"}},
              .loss_weights = {{"kind", 0.7}, {"size", 1.5}},
              .metrics = {{"kind", {"acc", "sparse_categorical_crossentropy"}}, {"size", {"mae"}}},
              .weighted_metrics = {"acc", MetricList{"mae", "RootMeanSquaredError"}}});
}

TEST(KerasFit, AveragesOfAccumulatedGradients) {
  expect_fit("averaged", {.optimizer = SGD({.learning_rate = 0.1,
                                            .momentum = 0.9,
                                            .nesterov = true,
                                            .weight_decay = 0.01,
                                            .use_ema = true,
                                            .ema_momentum = 0.9,
                                            .gradient_accumulation_steps = 2}),
                          .loss = {"crossentropy", "mae"}});
}

TEST(KerasFit, OtherReductions) {
  expect_fit("summed",
             {.optimizer = RMSprop({.learning_rate = 0.01, .global_clipnorm = 1.0}),
              .loss = {losses::SparseCategoricalCrossentropy({.reduction = "sum"}),
                       losses::MeanSquaredError({.reduction = "mean_with_sample_weight"})}});
}

TEST(KerasFit, EachOutputsOwnWeights) {
  expect_fit("apart",
             {.optimizer = SGD(0.1),
              .loss = {{"kind", "sparse_categorical_crossentropy"}, {"size", "mse"}},
              .loss_weights = {{"kind", 0.7}, {"size", 1.5}},
              .metrics = {{"kind", {"acc", "sparse_categorical_crossentropy"}}, {"size", {"mae"}}},
              .weighted_metrics = {"acc", MetricList{"mae", "RootMeanSquaredError"}}},
             {kWeight, kOtherWeight});
}

TEST(KerasFit, AnOutputWithoutALossOrWeights) {
  expect_fit("alone",
             {.optimizer = SGD(0.1),
              .loss = {{"kind", "sparse_categorical_crossentropy"}, {"size", nullptr}},
              .weighted_metrics = {"acc", "mae"}},
             {kWeight, Tensor()});
}

TEST(KerasFit, ValidatesWithAveragedWeights) {
  for (const bool swap_on_epoch : {false, true}) {
    const char* name = swap_on_epoch ? "swapped_on_epoch" : "swapped";
    SCOPED_TRACE(name);
    Sequential model({Dense(4, "tanh"), Dense(1)});
    model.build_graph({{"", {3}, DType::f32}});
    set_waves(model);
    model.compile(
        {.optimizer =
             SGD({.learning_rate = 0.1, .momentum = 0.9, .use_ema = true, .ema_momentum = 0.8}),
         .loss = "mse"});
    const Tensor x = wave({kFitRows, 3}, 0.9, 0.1), y = wave({kFitRows, 1}, 0.4, 0.7);
    std::vector<double> sums;
    const auto keep = [&](int64_t, const Logs&) {
      double& sum = sums.emplace_back();
      for (const Tensor& weight : model.get_weights())
        for (const double each : weight.to_vector<double>()) sum += each;
    };
    FitOptions fit{.epochs = 3, .batch_size = 4, .verbose = 0};
    fit.callbacks = {
        std::make_shared<SwapEMAWeights>(SwapEMAWeightsOptions{.swap_on_epoch = swap_on_epoch}),
        std::make_shared<LambdaCallback>(LambdaCallbackOptions{.on_epoch_end = keep})};
    fit.validation_split = 0.25;
    fit.shuffle = false;
    const Json golden = test::golden("fits")[name];
    expect_series(model.fit(x, y, fit).history(), golden["history"]);
    expect_series({{"sums", sums}}, golden["sums"]);
    expect_series({{"loss", {*model.evaluate(x, y, 4).find("loss")}}}, golden["evaluate"]);
  }
}

TEST(KerasFit, StepsThatAMaskLeavesOut) {
  Sequential model({Embedding({.input_dim = 5, .output_dim = 3, .mask_zero = true}),
                    LSTM({.units = 4, .return_sequences = true}), Dense(2)});
  model.build_graph({{"", {4}, DType::f32}});
  set_waves(model);
  model.compile({.optimizer = SGD(0.1), .loss = "mse", .metrics = {"mae", "RootMeanSquaredError"}});
  const Tensor x = labels_below(5, kFitRows * 4).reshape({kFitRows, 4}).to(DType::f32);
  const Tensor y = wave({kFitRows, 4, 2}, 0.4, 0.7);
  FitOptions fit{.epochs = 3, .batch_size = 4, .verbose = 0};
  fit.shuffle = false;
  const Json golden = test::golden("fits")["masked"];
  expect_series(model.fit(x, y, fit).history(), golden["history"]);
  Series tested;
  const Logs logs = model.evaluate(x, y, 4);
  for (const auto& [key, value] : logs.entries()) tested[key] = {value};
  expect_series(tested, golden["evaluate"]);
}

TEST(KerasFit, ClassWeightsAScheduleAndFitAgain) {
  const Dense dense({.units = 2, .activation = "softmax"});
  dense->set_input_shape({3});
  Sequential model({dense});
  set_waves(model);
  const ExponentialDecay rate(
      {.initial_learning_rate = 0.5, .decay_steps = 3, .decay_rate = 0.5, .staircase = true});
  model.compile({.optimizer = Adagrad(rate),
                 .loss = losses::CategoricalCrossentropy({.label_smoothing = 0.1}),
                 .metrics = {"acc"},
                 .weighted_metrics = {"acc"}});
  const Tensor x = wave({kFitRows + 1, 3}, 0.9, 0.1), y = one_hot(labels_below(2, kFitRows + 1), 2);
  FitOptions fit{.epochs = 3, .batch_size = 5, .verbose = 0};
  fit.validation_split = 0.25;
  fit.shuffle = false;
  fit.class_weight = {{0, 0.5}, {1, 3.0}};
  fit.initial_epoch = 1;
  const Json golden = test::golden("fits");
  expect_series(model.fit(x, y, fit).history(), golden["class_weights"]["history"]);
  expect_series(model.fit(x, y, fit).history(), golden["class_weights"]["again"]);
}

}  // namespace
}  // namespace tutti
