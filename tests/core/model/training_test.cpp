// compile, fit, evaluate, predict and what they take.
#include <cmath>
#include <filesystem>

#include "core/base/seed.h"
#include "core/layers/dense.h"
#include "core/layers/dropout.h"
#include "core/layers/input_layer.h"
#include "core/losses/regression.h"
#include "core/model/sequential.h"
#include "core/model/weights_file.h"
#include "core/ops/arg_reduce.h"
#include "core/ops/elementwise.h"
#include "core/ops/one_hot.h"
#include "core/ops/reshape.h"
#include "core/optimizers/sgd.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

using test::column, test::error_of, test::sample_tensor;

FitOptions steady(int64_t epochs, int64_t batch) {
  FitOptions options;
  options.epochs = epochs;
  options.batch_size = batch;
  options.verbose = 0;
  options.shuffle = false;
  return options;
}

// y = w x with w fixed at 1: losses are those of the data.
std::unique_ptr<Sequential> unit_model(CompileOptions options) {
  Dense dense({.units = 1, .use_bias = false, .kernel_initializer = "ones"});
  dense->set_input_shape({1});
  auto model = std::make_unique<Sequential>(std::initializer_list<LayerHandle>{dense});
  options.optimizer = SGD(0.0);
  model->compile(std::move(options));
  return model;
}

const Tensor kX = column({1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
const Tensor kY = column({2, 2, 2, 2, 2, 2, 2, 2, 2, 2});
double error_at(size_t i) { return static_cast<double>(i) + 1 - 2; }

TEST(Training, ValidationSplitTakesTheLastRowsBeforeShuffling) {
  FitOptions options = steady(1, 4);
  options.shuffle = true;
  options.validation_split = 0.3;
  const auto model = unit_model({.loss = "mse", .metrics = {"mae"}});
  const History history = model->fit(kX, kY, options);
  double train = 0, test = 0, test_mae = 0;
  for (size_t i = 0; i < 7; ++i) train += error_at(i) * error_at(i) / 7;
  for (size_t i = 7; i < 10; ++i)
    test += error_at(i) * error_at(i) / 3, test_mae += error_at(i) / 3;
  EXPECT_NEAR(history["loss"][0], train, 1e-5);
  EXPECT_NEAR(history["val_loss"][0], test, 1e-5);
  EXPECT_NEAR(history["val_mae"][0], test_mae, 1e-5);
}

TEST(Training, SampleWeightsWeighTheLossAndWeightedMetrics) {
  const auto model = unit_model({.loss = "mse", .metrics = {"mae"}, .weighted_metrics = {"mse"}});
  const Tensor weights{1, 0, 2, 0, 1, 0, 0, 3, 0, 0};
  const auto w = weights.to_vector<double>();
  double loss = 0, mae = 0, sum = 0;
  for (size_t i = 0; i < 10; ++i) {
    loss += w[i] * error_at(i) * error_at(i);
    mae += std::abs(error_at(i)) / 10;
    sum += w[i];
  }
  // The loss divides by rows, each batch by its own; a weighted metric by the weights.
  const Logs whole = model->evaluate(kX, kY, 10, weights),
             parts = model->evaluate(kX, kY, 4, weights);
  EXPECT_NEAR(*whole.find("loss"), loss / 10, 1e-5);
  EXPECT_NEAR(*parts.find("loss"), loss / 10, 1e-5);
  EXPECT_NEAR(*parts.find("mae"), mae, 1e-5);
  EXPECT_NEAR(*parts.find("mse"), loss / sum, 1e-4);
}

TEST(Training, ShufflingTakesEveryRowOnceInAnotherOrderEachEpoch) {
  class Seen final : public Callback {
   public:
    bool needs_batch_logs() const override { return true; }
    void on_epoch_begin(int64_t) override { orders.emplace_back(), sums.push_back(0); }
    void on_train_batch_end(int64_t batch, const Logs& logs) override {
      // The running mean of the errors' squares, undone: this batch's row.
      const double total = *logs.find("loss") * static_cast<double>(batch + 1);
      orders.back().push_back(std::lround(std::sqrt(total - sums.back())));
      sums.back() = total;
    }
    std::vector<std::vector<int64_t>> orders;
    std::vector<double> sums;
  };
  set_random_seed(5);
  const auto seen = std::make_shared<Seen>();
  FitOptions options = steady(2, 1);
  options.shuffle = true;
  options.callbacks = {seen};
  const auto model = unit_model({.loss = "mse"});
  model->fit(kX, column(std::vector<double>(10, 0)), options);
  ASSERT_EQ(seen->orders.size(), 2u);
  EXPECT_NE(seen->orders[0], seen->orders[1]);
  for (auto& order : seen->orders) {
    std::sort(order.begin(), order.end());
    EXPECT_EQ(order, (std::vector<int64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
  }
}

// The odd last batch, validation and evaluation run in the memory of a step of training.
TEST(Training, StepsOfOneModelShareAnArena) {
  const auto held = [](int64_t rows, bool tested) {
    clear_session();
    Sequential model({Dense(600, "relu"), Dense(600, "relu"), Dense(1)});
    model.compile({.optimizer = "sgd", .loss = "mse"});
    const auto data = [](int64_t count) { return sample_tensor({count, 4}, DType::f32); };
    const size_t before = cpu_device().free_bytes();
    FitOptions options = steady(2, 64);
    const Tensor x = data(rows), y = sample_tensor({rows, 1}, DType::f32, 5);
    if (tested) options.validation_split = 0.25;
    model.fit(x, y, options);
    if (tested) model.evaluate(x, y, 48);
    return before - cpu_device().free_bytes();
  };
  // Besides, a step has the inputs of its batch: here at most 64 rows of 5 numbers, and a few sums.
  EXPECT_LT(held(160, true), held(128, false) + 20000);
}

TEST(Training, TrainOnBatchIsOneUpdate) {
  const auto x = sample_tensor({6, 2}, DType::f32), y = sample_tensor({6, 1}, DType::f32, 2);
  Sequential model({Dense(1)});
  model.build_graph({{"", {2}}});
  model.compile({.optimizer = SGD(0.1), .loss = "mse"});
  const auto before = model.get_weights();
  double loss = 0, dw[2] = {}, db = 0;
  for (int64_t i = 0; i < 6; ++i) {
    const double error =
        x.at({i, 0}) * before[0].at({0, 0}) + x.at({i, 1}) * before[0].at({1, 0}) - y.at({i, 0});
    loss += error * error / 6;
    for (int64_t k = 0; k < 2; ++k) dw[k] += 2 * error * x.at({i, k}) / 6;
    db += 2 * error / 6;
  }
  EXPECT_NEAR(*model.train_on_batch(x, y).find("loss"), loss, 1e-5);
  const auto after = model.get_weights();
  for (int64_t k = 0; k < 2; ++k)
    EXPECT_NEAR(after[0].at({k, 0}), before[0].at({k, 0}) - 0.1 * dw[k], 1e-5);
  EXPECT_NEAR(after[1].at({0}), before[1].at({0}) - 0.1 * db, 1e-5);
}

TEST(Training, WeightsGoOutAndComeIn) {
  Sequential a({Dense(5, "tanh"), Dense(2)}), b({Dense(5, "tanh"), Dense(2)});
  const Tensor x = sample_tensor({4, 3}, DType::f32);
  a.build_graph({{"", {3}}}), b.build_graph({{"", {3}}});
  EXPECT_NE(a.predict(x).to_vector<float>(), b.predict(x).to_vector<float>());
  b.set_weights(a.get_weights());
  EXPECT_EQ(a.predict(x).to_vector<float>(), b.predict(x).to_vector<float>());
  EXPECT_EQ(a.digest(), b.digest());
  const std::string message = error_of([&] { b.set_weights({x}); });
  EXPECT_NE(message.find("4 weights"), std::string::npos) << message;
}

TEST(Training, WeightsAreKeptInSafetensors) {
  const auto make = [] {
    clear_session();
    auto model = std::make_unique<Sequential>(
        std::initializer_list<LayerHandle>{Dense(5, "tanh"), Dense(2)});
    model->build_graph({{"", {3}}});
    return model;
  };
  const std::string path = testing::TempDir() + "weights.safetensors";
  const auto saved = make(), loaded = make();
  save_weights_file(*saved, path);
  EXPECT_NE(saved->digest(), loaded->digest());
  load_weights_file(*loaded, path);
  EXPECT_EQ(saved->digest(), loaded->digest());
  Sequential other({Dense({.units = 5}, "stranger")});
  other.build_graph({{"", {3}}});
  const std::string message = error_of([&] { load_weights_file(other, path); });
  EXPECT_NE(message.find("stranger/kernel"), std::string::npos) << message;
  std::filesystem::remove(path);
}

TEST(Training, ModelsAndLayersAreCalledOnTensors) {
  const Tensor x = sample_tensor({4, 3}, DType::f32);
  const Dense hidden(5, "tanh"), out(2);
  Sequential model({hidden, Dropout(0.5), out});
  const Tensor y = model(x);  // not training: nothing is dropped
  const Tensor by_layers = out(hidden(x));
  test::expect_close(y, by_layers, 1e-6);
  test::expect_close(tanh(x) * 2.0, evaluate(tanh(Value(x)) * 2), 1e-7);
  const Tensor labels = Tensor::from(std::vector<int64_t>{2, 0}, {2});
  const Tensor hot = one_hot(labels, 3);
  EXPECT_EQ(hot.to_vector<double>(), (std::vector<double>{0, 0, 1, 1, 0, 0}));
  EXPECT_EQ(argmax(hot).to_vector<int64_t>(), (std::vector<int64_t>{2, 0}));
  EXPECT_EQ(expand_dims(labels, 0).shape(), Shape({1, 2}));
}

TEST(Training, ALossAndAMetricMayBeFunctions) {
  const auto cubed = [](const Value& y_true, const Value& y_pred) {
    return abs((y_pred - y_true) * square(y_pred - y_true));
  };
  const auto model = unit_model({.loss = Ref<Loss>(cubed), .metrics = {Ref<Metric>(cubed)}});
  double expected = 0;
  for (size_t i = 0; i < 10; ++i) expected += std::abs(std::pow(error_at(i), 3)) / 10;
  const Logs logs = model->evaluate(kX, kY);
  EXPECT_NEAR(*logs.find("loss"), expected, 1e-3);
  EXPECT_NEAR(logs.entries()[0].second, expected, 1e-3);
}

TEST(Training, MistakesAreNamed) {
  const auto model = unit_model({.loss = "mse"});
  const auto says = [&](const char* part, auto&& call) {
    const std::string message = error_of(call);
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  says("larger than the 10", [&] { model->fit(kX, kY, steady(1, 11)); });
  says("rows of shape", [&] { model->fit(sample_tensor({10, 3}, DType::f32), kY, steady(1, 5)); });
  says("compile()", [&] { Sequential({Dense(1)}).fit(kX, kY, steady(1, 5)); });
  says("validation_split", [&] {
    FitOptions options = steady(1, 2);
    options.validation_split = 1.0;
    model->fit(kX, kY, options);
  });
  says("rows", [&] { model->fit(kX, column({1, 2}), steady(1, 2)); });
}

}  // namespace
}  // namespace tutti
