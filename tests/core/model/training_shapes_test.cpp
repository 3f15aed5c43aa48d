// Transfer learning, autoencoders and train steps of one's own, against Keras
// (tests/peers/goldens/shape_goldens.py).
#include "core/base/seed.h"
#include "core/graph/gradient.h"
#include "core/layers/activation_layers.h"
#include "core/layers/batch_normalization.h"
#include "core/layers/convolution.h"
#include "core/layers/convolution_transpose.h"
#include "core/layers/dense.h"
#include "core/layers/input_layer.h"
#include "core/layers/reshaping.h"
#include "core/losses/crossentropy.h"
#include "core/losses/divergence.h"
#include "core/model/sequential.h"
#include "core/ops/concatenate.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "core/ops/slice.h"
#include "core/ops/softmax.h"
#include "core/optimizers/adam.h"
#include "core/optimizers/sgd.h"
#include "tests/core/model/waves.h"

namespace tutti {
namespace {

using test::expect_series, test::Json, test::labels_below, test::wave;

constexpr int64_t kShapeRows = 12;
const FitOptions kShapeFit = {.epochs = 2, .batch_size = 4, .verbose = 0, .shuffle = false};

Json shape_golden(const char* name) { return test::golden("training_shapes")[name]; }

// As the script's: half as high, and variances are positive.
void set_half_waves(Model& model) {
  test::set_waves(model, 0.5);
  for (const auto& weight : model.weights())
    if (weight->name().find("variance") != std::string::npos)
      weight->set_value(abs(weight->value()));
}

void expect_weights(const std::vector<Tensor>& got, const Json& want) {
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < got.size(); ++i) {
    SCOPED_TRACE(i);
    test::expect_close(got[i].reshape({got[i].elements()}), want[i], 1e-4, 2e-5);
  }
}

std::vector<Tensor> weights_of(const Model& first, const Model& second) {
  auto weights = first.get_weights();
  for (auto& weight : second.get_weights()) weights.push_back(std::move(weight));
  return weights;
}

TEST(TrainingShapes, ANetLearnsAnotherTaskFrozenThenTuned) {
  clear_session();
  const Json golden = shape_golden("transfer");
  Sequential base({Dense(5, "tanh"), BatchNormalization({.momentum = 0.8}),
                   Dense({.units = 4, .activation = "tanh"}, "features"), Dense(2)});
  base.build_graph({{"", {3}, DType::f32}});
  set_half_waves(base);
  base.compile({.optimizer = SGD(0.1), .loss = "mse"});
  const History first =
      base.fit(wave({kShapeRows, 3}, 0.9, 0.1), wave({kShapeRows, 2}, 0.4, 0.7), kShapeFit);
  expect_series(first.history(), golden["first"], 1e-4);

  // Another head behind the features, which stay as they are, the averages of the batches included.
  Model body(base.input(), base.get_layer("features")->output());
  body.set_trainable(false);
  const Value input = Input({3});
  const Dense head(3, "softmax");
  Model model(input, head(body(input)));
  head->weights()[0]->set_value(wave({4, 3}, 0.8, 0.2) * 0.5);
  const Tensor x = wave({kShapeRows, 3}, 1.3, 0.5), y = labels_below(3, kShapeRows);
  model.compile({.optimizer = Adam(0.05),
                 .loss = "sparse_categorical_crossentropy",
                 .metrics = {"accuracy"}});
  const auto before = body.get_weights();
  expect_series(model.fit(x, y, kShapeFit).history(), golden["frozen"], 1e-4);
  const auto kept = body.get_weights();
  for (size_t i = 0; i < kept.size(); ++i)
    EXPECT_EQ(kept[i].to_vector<float>(), before[i].to_vector<float>());
  expect_weights(kept, golden["kept"]);

  // All of it, at a smaller rate.
  body.set_trainable(true);
  model.compile(
      {.optimizer = SGD(0.01), .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  expect_series(model.fit(x, y, kShapeFit).history(), golden["tuned"], 1e-4);
  expect_weights(model.get_weights(), golden["weights"]);
}

TEST(TrainingShapes, WhatIsTrainableIsSettledByCompile) {
  Sequential model({Dense(4, "tanh"), Dense(1)});
  const Tensor x = wave({kShapeRows, 3}, 0.9, 0.1), y = wave({kShapeRows, 1}, 0.4, 0.7);
  model.compile({.optimizer = "sgd", .loss = "mse"});
  model.fit(x, y, kShapeFit);
  model.get_layer(size_t{0})->set_trainable(false);
  const std::string error =
      test::error_of([&] { model.train_on_batch(x.slice_rows(0, 5), y.slice_rows(0, 5)); });
  EXPECT_NE(error.find("compile() again"), std::string::npos) << error;
}

// The critic learns first, from what the generator made; the generator then from the new critic.
class Gan : public Model {
 public:
  Gan(Sequential& generator, Sequential& critic) : generator_(generator), critic_(critic) {}

  void train_step(const StepData& data, StepReport& report) override {
    const Value made = generator_(data.x[0]);
    const Value critic_loss = sum_rows(loss_of_critic(data.y[0], stop_gradient(made)));
    minimize(critic_loss, data, critic_optimizer_, critic_.trainable_weights());
    const Value loss = sum_rows(loss_of_generator(critic_(generator_(data.x[0]))));
    minimize(loss, data, optimizer(), generator_.trainable_weights());
    report.mean("critic_loss", critic_loss);
    report.mean("loss", loss);
  }

 protected:
  Value call(const Value& x) override { return critic_(generator_(x)); }

  static Value judged(const Value& logits, double label) {
    return losses::BinaryCrossentropy({.from_logits = true})(logits * 0.0 + label, logits);
  }
  virtual Value loss_of_critic(const Value& real, const Value& fake) {
    const Value on_real = critic_(real);
    return sum_rows(judged(on_real, 1)) + sum_rows(judged(critic_(fake), 0));
  }
  virtual Value loss_of_generator(const Value& logits) { return judged(logits, 1); }

  Sequential &generator_, &critic_;
  SGD critic_optimizer_{{.learning_rate = 0.05, .momentum = 0.9}};
};

// Its critic's slope is held near one, between real and made (Gulrajani et al., 2017).
class WassersteinGan final : public Gan {
 public:
  using Gan::Gan;

 protected:
  Value loss_of_critic(const Value& real, const Value& fake) override {
    const Value between = 0.3 * real + 0.7 * fake;
    const Value slope = gradients(sum_rows(reduce_sum(critic_(between))), {between})[0];
    const Value norm = sqrt(reduce_sum(square(slope), {1}) + 1e-12);
    const Value penalty = reduce_mean(square(norm - 1.0));
    return sum_rows(reduce_mean(critic_(fake))) - sum_rows(reduce_mean(critic_(real))) +
           sum_rows(penalty) * 10.0;
  }
  Value loss_of_generator(const Value& logits) override { return -reduce_mean(logits); }
};

template <typename Kind>
void expect_gan(Sequential& generator, Sequential& critic, const Shape& real, const char* name) {
  const Json golden = shape_golden(name);
  generator.build_graph({{"", {2}, DType::f32}});
  critic.build_graph({{"", real.tail(), DType::f32}});
  set_half_waves(generator);
  set_half_waves(critic);
  Kind gan(generator, critic);
  gan.compile({.optimizer = Adam(0.01)});
  const History history = gan.fit(wave({kShapeRows, 2}, 0.9, 0.1), wave(real, 0.4, 0.7), kShapeFit);
  expect_series(history.history(), golden["history"], 1e-4);
  expect_weights(weights_of(generator, critic), golden["weights"]);
}

TEST(TrainingShapes, AGanOfTwoOptimizers) {
  Sequential generator({Dense(6, "tanh"), Dense(3)}), critic({Dense(5), LeakyReLU(0.2), Dense(1)});
  expect_gan<Gan>(generator, critic, {kShapeRows, 3}, "gan");
}

TEST(TrainingShapes, AGanWhoseCriticsSlopeIsPenalized) {
  Sequential generator({Dense(6, "tanh"), Dense(3)}), critic({Dense(5), LeakyReLU(0.2), Dense(1)});
  expect_gan<WassersteinGan>(generator, critic, {kShapeRows, 3}, "wgan");
}

TEST(TrainingShapes, AConvolutionalGan) {
  Sequential generator({Dense(2 * 2 * 3), Reshape({2, 2, 3}), BatchNormalization({.momentum = 0.8}),
                        LeakyReLU(0.2),
                        Conv2DTranspose({.filters = 1,
                                         .kernel_size = 3,
                                         .strides = 2,
                                         .padding = "same",
                                         .activation = "tanh"})});
  Sequential critic({Conv2D({.filters = 3, .kernel_size = 3, .strides = 2, .padding = "same"}),
                     LeakyReLU(0.2), Flatten(), Dense(1)});
  expect_gan<Gan>(generator, critic, {kShapeRows, 4, 4, 1}, "convolutional_gan");
}

// A small net learns labels, and what a large one makes of them at a temperature (Hinton et al.,
// 2015).
class Distiller final : public Model {
 public:
  Distiller(Sequential& student, Sequential& teacher) : student_(student), teacher_(teacher) {}
  Value compute_loss(const StepData& data, const std::vector<Value>& y_pred,
                     StepReport& report) const override {
    const Value soft = softmax(teacher_(data.x[0]) / 3.0);
    const Value softer = losses::KLDivergence()(soft, softmax(y_pred[0] / 3.0));
    return 0.1 * Model::compute_loss(data, y_pred, report) + 0.9 * 9.0 * sum_rows(softer);
  }

 protected:
  Value call(const Value& x) override { return student_(x); }

 private:
  Sequential &student_, &teacher_;
};

TEST(TrainingShapes, ASmallNetLearnsFromALargeOne) {
  const Json golden = shape_golden("distillation");
  Sequential teacher({Dense(8, "tanh"), Dense(4)}), student({Dense(3, "relu"), Dense(4)});
  for (Sequential* net : {&teacher, &student}) {
    net->build_graph({{"", {3}, DType::f32}});
    set_half_waves(*net);
  }
  teacher.set_trainable(false);
  Distiller model(student, teacher);
  model.compile({.optimizer = Adam(0.02),
                 .loss = losses::SparseCategoricalCrossentropy({.from_logits = true}),
                 .metrics = {"accuracy"}});
  const History history =
      model.fit(wave({kShapeRows, 3}, 0.9, 0.1), labels_below(4, kShapeRows), kShapeFit);
  expect_series(history.history(), golden["history"], 1e-4);
  expect_weights(student.get_weights(), golden["weights"]);
}

// mean + deviation * noise, and how far that is from a standard normal distribution as a loss
// (Kingma and Welling, 2014).
class SamplingLayer final : public Layer {
 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override {
    const Value &mean = inputs[0], &log_variance = inputs[1], &noise = inputs[2];
    add_loss(-0.5 * reduce_mean(1.0 + log_variance - square(mean) - exp(log_variance)));
    return {mean + exp(0.5 * log_variance) * noise};
  }
};

TEST(TrainingShapes, AVariationalAutoencoder) {
  const Json golden = shape_golden("variational");
  const Value x = Input({4}), noise = Input({2});
  const Value hidden = Dense(5, "relu")(x);
  const LayerHandle sampling(std::make_shared<SamplingLayer>());
  const Value z = sampling(std::vector{Dense(2)(hidden), Dense(2)(hidden), noise});
  Model model({x, noise}, {Dense(4, "sigmoid")(Dense(5, "relu")(z))});
  set_half_waves(model);
  model.compile({.optimizer = Adam(0.02), .loss = "binary_crossentropy"});
  const Tensor data = wave({kShapeRows, 4}, 0.9, 0.1) * 0.5 + Tensor(0.5);
  const History history =
      model.fit(make_rows({data, wave({kShapeRows, 2}, 1.3, 0.5)}, {data}), kShapeFit);
  expect_series(history.history(), golden["history"], 1e-4);
  expect_weights(model.get_weights(), golden["weights"]);
}

// One tower sees three inputs: the second is to be nearer to the first than the third, by a margin.
class Triplets final : public Model {
 public:
  explicit Triplets(Sequential& tower) : tower_(tower) {}
  Value compute_loss(const StepData&, const std::vector<Value>& y_pred,
                     StepReport&) const override {
    const auto distance = [&](const Value& a, const Value& b) {
      return reduce_sum(square(a - b), {1});
    };
    return sum_rows(
        reduce_mean(relu(distance(y_pred[0], y_pred[1]) - distance(y_pred[0], y_pred[2]) + 0.5)));
  }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override {
    std::vector<Value> seen;
    for (const auto& input : inputs) seen.push_back(tower_(input));
    return seen;
  }

 private:
  Sequential& tower_;
};

TEST(TrainingShapes, ATowerThatTripletsShare) {
  const Json golden = shape_golden("triplet");
  Sequential tower({Dense(6, "relu"), Dense(2)});
  tower.build_graph({{"", {3}, DType::f32}});
  set_half_waves(tower);
  Triplets model(tower);
  model.compile({.optimizer = SGD(0.02)});
  std::vector<Tensor> x;
  for (const double slope : {0.9, 1.3, 0.4}) x.push_back(wave({kShapeRows, 3}, slope, 0.1));
  expect_series(model.fit(make_rows(x), kShapeFit).history(), golden["history"], 1e-4);
  expect_weights(tower.get_weights(), golden["weights"]);
}

TEST(TrainingShapes, AnAutoencoderAndItsCode) {
  const Json golden = shape_golden("autoencoder");
  Sequential encoder(
      {Conv2D(
           {.filters = 3, .kernel_size = 3, .strides = 2, .padding = "same", .activation = "relu"}),
       BatchNormalization(), Flatten(), Dense(2)});
  Sequential decoder(
      {Dense(9, "relu"), Reshape({3, 3, 1}),
       Conv2DTranspose({.filters = 1, .kernel_size = 3, .strides = 2, .padding = "same"})});
  const Value x = Input({6, 6, 1});
  Model model(x, decoder(encoder(x)));
  set_half_waves(model);
  model.compile({.optimizer = Adam(0.02), .loss = "mse"});
  const Tensor data = wave({kShapeRows, 6, 6, 1}, 0.9, 0.1);
  expect_series(model.fit(data, data, kShapeFit).history(), golden["history"], 1e-4);
  test::expect_close(encoder.predict(data).reshape({kShapeRows * 2}), golden["code"], 1e-4, 1e-5);
  expect_weights(model.get_weights(), golden["weights"]);
}

// An epoch of so many steps goes on in the data where the last one stopped, a validation begins anew.
void expect_capped(FitOptions fit, const char* name) {
  Sequential model({Dense(2)});
  model.build_graph({{"", {3}, DType::f32}});
  set_half_waves(model);
  model.compile({.optimizer = SGD(0.05), .loss = "mse", .metrics = {"mae"}});
  const Tensor x = wave({kShapeRows + 2, 3}, 0.9, 0.1), y = wave({kShapeRows + 2, 2}, 0.4, 0.7);
  fit.epochs = 6;
  fit.batch_size = 3;
  fit.verbose = 0;
  fit.shuffle = false;
  fit.validation_data = make_rows(x.slice_rows(0, 7) * 0.5, y.slice_rows(0, 7));
  expect_series(model.fit(x, y, fit).history(), shape_golden(name));
}

TEST(TrainingShapes, EpochsOfFewerSteps) {
  expect_capped({.steps_per_epoch = 2, .validation_steps = 2}, "capped");
}

TEST(TrainingShapes, ValidationInBatchesOfItsOwn) {
  expect_capped({.validation_batch_size = 5, .validation_freq = 2}, "validated");
}

TEST(TrainingShapes, StepsBelowOneAreRefused) {
  Sequential model({Dense(1)});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor x = wave({4, 3}, 0.9, 0.1), y = wave({4, 1}, 0.4, 0.7);
  const auto refused = [&](const FitOptions& fit) {
    return test::error_of([&] { model.fit(x, y, fit); });
  };
  EXPECT_EQ(refused({.steps_per_epoch = 0}),
            "[fit] steps_per_epoch is 0; use 1 or more, or leave it out");
  EXPECT_EQ(refused({.validation_steps = -1}),
            "[fit] validation_steps is -1; use 1 or more, or leave it out");
}

}  // namespace
}  // namespace tutti
