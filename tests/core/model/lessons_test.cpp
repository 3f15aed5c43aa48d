// What beginners' lessons compute by hand, against plain loops in double.
#include <array>
#include <cmath>

#include "core/callbacks/callback.h"
#include "core/layers/dense.h"
#include "core/layers/input_layer.h"
#include "core/losses/crossentropy.h"
#include "core/model/sequential.h"
#include "core/optimizers/sgd.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

using test::column;

// y = 2x by one weight and one bias from 0, a sample per update, rate 0.01.
struct Line {
  double w = 0, b = 0;
  // The sum of the squared errors before each update.
  double epoch() {
    double loss = 0;
    for (const double x : {1.0, 2.0, 3.0, 4.0}) {
      const double error = w * x + b - 2 * x;
      loss += error * error;
      w -= 0.01 * 2 * error * x;
      b -= 0.01 * 2 * error;
    }
    return loss;
  }
};

std::unique_ptr<Sequential> line_model(DType dtype) {
  Dense dense({.units = 1, .kernel_initializer = "zeros"});
  dense->set_dtype(dtype);
  dense->set_input_shape({1});
  auto model = std::make_unique<Sequential>(std::initializer_list<LayerHandle>{dense});
  model->compile({.optimizer = SGD(0.01), .loss = "mse"});
  return model;
}

FitOptions line_fit(int64_t epochs) {
  FitOptions options;
  options.epochs = epochs;
  options.batch_size = 1;
  options.verbose = 0;
  options.shuffle = false;
  return options;
}

TEST(Lessons, ALineIsLearnedAsByHand) {
  const auto model = line_model(DType::f64);
  const Tensor x = column({1, 2, 3, 4}), y = column({2, 4, 6, 8});
  const History history = model->fit(x, y, line_fit(100));
  Line line;
  std::vector<double> losses;
  for (int epoch = 0; epoch < 100; ++epoch) losses.push_back(line.epoch());
  const auto& reported = history.history().at("loss");
  ASSERT_EQ(reported.size(), 100u);
  for (size_t epoch = 0; epoch < 100; ++epoch)
    EXPECT_NEAR(4 * reported[epoch], losses[epoch], 2e-7 * losses[epoch]) << "epoch " << epoch;
  EXPECT_NEAR(4 * reported[0], 79.87961196, 1e-5);
  EXPECT_NEAR(4 * reported[10], 0.2316700461, 1e-7);
  EXPECT_NEAR(4 * reported[90], 0.0307152807, 1e-8);
  EXPECT_NEAR(model->predict(column({7})).item(), 13.786375, 1e-6);
  EXPECT_NEAR(model->predict(column({7})).item(), 7 * line.w + line.b, 1e-12);
}

TEST(Lessons, FitCalledAgainContinues) {
  const auto model = line_model(DType::f64);
  const Tensor x = column({1, 2, 3, 4}), y = column({2, 4, 6, 8});
  Line line;
  for (int part = 0; part < 10; ++part) {
    model->fit(x, y, line_fit(100));
    for (int epoch = 0; epoch < 100; ++epoch) line.epoch();
    EXPECT_NEAR(model->predict(column({7})).item(), 7 * line.w + line.b, 1e-11);
  }
  EXPECT_NEAR(model->predict(column({7})).item(), 13.99999755, 5e-9);
  EXPECT_EQ(model->optimizer().iterations(), 4000);
}

// A model whose output is its input.
std::unique_ptr<Sequential> same_model(const Ref<Loss>& loss) {
  Dense dense({.units = 1, .use_bias = false, .kernel_initializer = "ones"});
  dense->set_input_shape({1});
  auto model = std::make_unique<Sequential>(std::initializer_list<LayerHandle>{dense});
  model->compile({.optimizer = SGD(0.0), .loss = loss});
  return model;
}

TEST(Lessons, LogLossIsAsByHand) {
  const std::array labels{0, 1, 0, 1, 0};
  const std::array p{0.2, 0.9, 0.8, 0.2, 0.9};
  double plain = 0, weighted = 0, weights = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    const double loss = -std::log(labels[i] == 1 ? p[i] : 1 - p[i]),
                 weight = labels[i] == 1 ? 5 : 2;
    plain += loss / 5;
    weighted += weight * loss;
    weights += weight;
  }
  EXPECT_NEAR(plain, 1.169993, 1e-6);
  EXPECT_NEAR(weighted / 5, 3.368865, 1e-6);
  EXPECT_NEAR(weighted / weights, 1.052770, 1e-6);

  const Tensor y = column({0, 1, 0, 1, 0}), y_pred = column({0.2, 0.9, 0.8, 0.2, 0.9});
  const auto loss_of = [&](const Ref<Loss>& loss, std::map<int64_t, double> class_weight) {
    FitOptions options = line_fit(1);
    options.batch_size = 5;
    options.class_weight = std::move(class_weight);
    return same_model(loss)->fit(y_pred, y, options).history().at("loss")[0];
  };
  const std::map<int64_t, double> classes{{0, 2}, {1, 5}};
  EXPECT_NEAR(loss_of("binary_crossentropy", {}), plain, 1e-6);
  EXPECT_NEAR(loss_of("binary_crossentropy", classes), weighted / 5, 3e-6);
  const losses::BinaryCrossentropy by_weights({.reduction = "mean_with_sample_weight"});
  EXPECT_NEAR(loss_of(std::make_shared<losses::BinaryCrossentropy>(by_weights), classes),
              weighted / weights, 1e-6);
  const Tensor each = Tensor{2, 5, 2, 5, 2};
  EXPECT_NEAR(*same_model("binary_crossentropy")->evaluate(y_pred, y, 5, each).find("loss"),
              weighted / 5, 3e-6);
}

TEST(Lessons, ParametersAreCounted) {
  const auto count = [](const Shape& input, std::vector<Dense> layers) {
    Sequential model;
    layers[0]->set_input_shape(input);
    for (auto& layer : layers) model.add(layer);
    return model.count_params();
  };
  EXPECT_EQ(
      count({3}, {Dense({.units = 4, .use_bias = false}), Dense({.units = 1, .use_bias = false})}),
      16);
  EXPECT_EQ(count({3}, {Dense(4), Dense(3), Dense(2)}), 39);
  EXPECT_EQ(count({784}, {Dense(600), Dense(500), Dense(250), Dense(10)}), 899260);
  EXPECT_EQ(count({4}, {Dense(8), Dense(10), Dense(10), Dense(3)}), 273);
  const Value input = Input({10});
  const Value hidden = Dense(4)(Dense(5)(input));
  EXPECT_EQ(Model({input}, {Dense(3)(hidden), Dense(2)(hidden)}).count_params(), 104);
}

class PlanReader final : public Callback {
 public:
  explicit PlanReader(int64_t& steps) : steps_(steps) {}
  void on_train_begin() override {
    steps_ = training().plan().steps_per_epoch;
    training().stop_training();
  }

 private:
  int64_t& steps_;
};

TEST(Lessons, AnEpochTakesTheOddLastBatch) {
  int64_t steps = 0;
  FitOptions options;
  options.batch_size = 128;
  options.verbose = 0;
  options.callbacks = {std::make_shared<PlanReader>(steps)};
  const Tensor x = Tensor::zeros({33600, 1});
  same_model("mse")->fit(x, x, options);
  EXPECT_EQ(steps, 263);
}

}  // namespace
}  // namespace tutti
