// Models of any graph: several inputs and outputs, shared layers, cuts, nesting, subclasses.
#include <cmath>

#include "core/layers/dense.h"
#include "core/layers/input_layer.h"
#include "core/layers/merging.h"
#include "core/model/sequential.h"
#include "core/ops/elementwise.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

using test::error_of, test::sample_tensor;

Dense named(int64_t units, const std::string& name) {
  return Dense(DenseOptions{.units = units}, name);
}

FitOptions silent(int64_t epochs, int64_t batch) {
  FitOptions options;
  options.epochs = epochs;
  options.batch_size = batch;
  options.verbose = 0;
  return options;
}

std::vector<std::string> names_of(const Logs& logs) {
  std::vector<std::string> names;
  for (const auto& [name, value] : logs.entries()) names.push_back(name);
  return names;
}

struct TwoOutputs {
  std::unique_ptr<Model> model;
  RowSourcePtr rows;
  Tensor x, y1, y2;
};

TwoOutputs two_output_model(CompileOptions options) {
  TwoOutputs made;
  const Value input = Input({4});
  const Value hidden = Dense(10, "relu")(Dense(10, "relu")(Dense(8, "relu")(input)));
  const Value species = Dense({.units = 3, .activation = "softmax"}, "outputs_1")(hidden);
  const Value width = named(1, "outputs_2")(hidden);
  made.model = std::make_unique<Model>(std::vector{input}, std::vector{species, width});
  made.model->compile(std::move(options));
  made.x = sample_tensor({30, 4}, DType::f32);
  std::vector<int64_t> classes;
  for (int64_t i = 0; i < 30; ++i) classes.push_back(i % 3);
  made.y1 = Tensor::from(classes, {30});
  made.y2 = sample_tensor({30, 1}, DType::f32, 2);
  made.rows =
      std::make_shared<TensorRows>(std::vector<TensorRows::Named>{{"", made.x}},
                                   std::vector<TensorRows::Named>{{"", made.y1}, {"", made.y2}});
  return made;
}

using LossMap = std::map<std::string, Ref<Loss>>;
const LossMap kTwoLosses{{"outputs_1", "sparse_categorical_crossentropy"}, {"outputs_2", "mse"}};

TEST(Functional, TwoOutputsHaveLossesAndMetricsUnderKerasNames) {
  auto made = two_output_model({.optimizer = "adam",
                                .loss = kTwoLosses,
                                .metrics = std::map<std::string, MetricList>{
                                    {"outputs_1", {"accuracy"}}, {"outputs_2", {"mae"}}}});
  EXPECT_EQ(made.model->count_params(), 284);
  const History history = made.model->fit(made.rows, silent(20, 5));
  EXPECT_LT(history["loss"].back(), history["loss"].front());
  const Logs logs = made.model->evaluate(made.rows);
  EXPECT_EQ(names_of(logs),
            (std::vector<std::string>{"loss", "outputs_1_accuracy", "outputs_1_loss",
                                      "outputs_2_loss", "outputs_2_mae"}));
  EXPECT_NEAR(*logs.find("loss"), *logs.find("outputs_1_loss") + *logs.find("outputs_2_loss"),
              1e-5);

  const auto outputs = made.model->predict(made.rows);
  ASSERT_EQ(outputs.size(), 2u);
  double mse = 0, log_loss = 0, right = 0;
  for (int64_t i = 0; i < 30; ++i) {
    mse += std::pow(outputs[1].at({i, 0}) - made.y2.at({i, 0}), 2) / 30;
    log_loss -= std::log(outputs[0].at({i, i % 3})) / 30;
    bool best = true;
    for (int64_t other = 0; other < 3; ++other)
      best = best && outputs[0].at({i, other}) <= outputs[0].at({i, i % 3});
    right += best / 30.0;
  }
  EXPECT_NEAR(*logs.find("outputs_2_loss"), mse, 1e-5 * mse);
  EXPECT_NEAR(*logs.find("outputs_1_loss"), log_loss, 1e-5 * log_loss);
  EXPECT_NEAR(*logs.find("outputs_1_accuracy"), right, 1e-6);
}

TEST(Functional, LossWeightsWeigh) {
  auto made =
      two_output_model({.optimizer = "adam", .loss = kTwoLosses, .loss_weights = {0.25, 3.0}});
  const Logs logs = made.model->evaluate(made.rows);
  EXPECT_NEAR(*logs.find("loss"),
              0.25 * *logs.find("outputs_1_loss") + 3 * *logs.find("outputs_2_loss"), 1e-5);
}

TEST(Functional, AnUnknownOutputIsNamed) {
  auto made = two_output_model({.optimizer = "adam", .loss = LossMap{{"output_1", "mse"}}});
  const std::string message = error_of([&] { made.model->evaluate(made.rows); });
  EXPECT_NE(message.find("'output_1'"), std::string::npos) << message;
  EXPECT_NE(message.find("outputs_1"), std::string::npos) << message;
}

TEST(Functional, SeveralInputsComeInOrderOrByName) {
  const Value a = Input({2}, "a"), b = Input({3}, "b");
  const Value left = named(2, "left")(a), right = named(2, "right")(b);
  Model model({a, b}, {Add()(std::vector{left, right})});
  const Tensor xa = sample_tensor({7, 2}, DType::f32), xb = sample_tensor({7, 3}, DType::f32, 1);
  const auto predict = [&](std::vector<TensorRows::Named> inputs) {
    return model.predict(
        std::make_shared<TensorRows>(std::move(inputs), std::vector<TensorRows::Named>{}), 3)[0];
  };
  const Tensor in_order = predict({{"", xa}, {"", xb}}), by_name = predict({{"b", xb}, {"a", xa}});
  EXPECT_EQ(in_order.to_vector<float>(), by_name.to_vector<float>());
  const auto wl = model.get_weights();
  for (int64_t i = 0; i < 7; ++i)
    for (int64_t j = 0; j < 2; ++j) {
      double sum = 0;
      for (int64_t k = 0; k < 2; ++k) sum += xa.at({i, k}) * wl[0].at({k, j});
      for (int64_t k = 0; k < 3; ++k) sum += xb.at({i, k}) * wl[2].at({k, j});
      EXPECT_NEAR(in_order.at({i, j}), sum, 1e-5);
    }
  const std::string message = error_of([&] { predict({{"", xa}}); });
  EXPECT_NE(message.find("2 inputs"), std::string::npos) << message;
}

TEST(Functional, ASharedLayerHasOneSetOfWeights) {
  const auto tower = named(4, "tower");
  const Value a = Input({3}), b = Input({3});
  const Value low = tower(a), high = tower(b);
  Model model({a, b}, {low - high});
  EXPECT_EQ(model.count_params(), 16);
  const Tensor x = sample_tensor({5, 3}, DType::f32);
  const auto rows = std::make_shared<TensorRows>(std::vector<TensorRows::Named>{{"", x}, {"", x}},
                                                 std::vector<TensorRows::Named>{});
  for (const double difference : model.predict(rows)[0].to_vector<double>())
    EXPECT_EQ(difference, 0);
}

TEST(Functional, ASharedLayerCalledOnTwoWidthsNamesBothLayersAndShapes) {
  const auto tower = named(4, "tower");
  const Value narrow = named(8, "narrow")(Input({3})), wide = named(10, "wide")(Input({3}));
  tower(narrow);
  const std::string message = error_of([&] { tower(wide); });
  for (const char* part : {"tower", "narrow", "wide", "(None, 8)", "(None, 10)"})
    EXPECT_NE(message.find(part), std::string::npos) << part << " in " << message;
}

TEST(Functional, AModelIsCutAtAnInnerLayer) {
  const Value input = Input({4});
  const Value hidden = Dense({.units = 5, .activation = "tanh"}, "hidden")(input);
  Model whole(input, named(2, "head")(hidden));
  Model front(whole.input(), whole.get_layer("hidden")->output());
  Model back(hidden, whole.output());  // from an inner value on
  const Tensor x = sample_tensor({6, 4}, DType::f32);
  EXPECT_EQ(front.count_params(), 25);
  EXPECT_EQ(back.count_params(), 12);
  EXPECT_EQ(back.predict(front.predict(x)).to_vector<float>(), whole.predict(x).to_vector<float>());
  whole.compile({.optimizer = "sgd", .loss = "mse"});
  whole.train_on_batch(x, sample_tensor({6, 2}, DType::f32, 1));
  EXPECT_EQ(back.predict(front.predict(x)).to_vector<float>(), whole.predict(x).to_vector<float>());
}

TEST(Functional, ModelsNest) {
  const Value inner_input = Input({4});
  const DenseOptions tanh{.units = 3, .activation = "tanh", .activity_regularizer = "l2"};
  auto inner = std::make_shared<Model>(inner_input, Dense(tanh, "in_it")(inner_input));
  const Value input = Input({5});
  const Value first = named(4, "first")(input);
  const Value middle = (*inner)(first);
  Model outer(input, named(1, "head")(middle));
  EXPECT_EQ(outer.count_params(), 24 + 15 + 4);
  EXPECT_EQ(outer.layers().size(), 4u);

  // The penalty of the inner layer counts, and its weights learn.
  outer.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor x = sample_tensor({6, 5}, DType::f32), y = outer.predict(x);
  const Tensor inner_output = Model(input, middle).predict(x);
  double penalty = 0;
  for (const double value : inner_output.to_vector<double>()) penalty += 0.01 * value * value / 6;
  const Tensor before = inner->get_weights()[0];
  EXPECT_NEAR(*outer.train_on_batch(x, y).find("loss"), penalty, 1e-6);
  EXPECT_NE(inner->get_weights()[0].to_vector<float>(), before.to_vector<float>());
}

class Residual : public Model {
 protected:
  Value call(const Value& x) override { return out_(hidden_(x) + x); }

 private:
  Dense hidden_ = Dense({.units = 4, .activation = "tanh"}, "hidden"), out_ = named(2, "out");
};

TEST(Functional, ASubclassIsTracedOnceAndTrains) {
  Residual model;
  model.compile({.optimizer = "adam", .loss = "mse"});
  const Tensor x = sample_tensor({12, 4}, DType::f32), y = sample_tensor({12, 2}, DType::f32, 1);
  const History history = model.fit(x, y, silent(200, 4));
  EXPECT_LT(history["loss"].back(), 0.5 * history["loss"].front());
  EXPECT_EQ(model.count_params(), 30);
  EXPECT_EQ(model.get_layer("hidden")->count_params(), 20);
  EXPECT_EQ(model.weights()[0]->name(), "hidden/kernel");
  EXPECT_EQ(model(x).to_vector<float>(), model.predict(x).to_vector<float>());
}

TEST(Functional, AnInputThatIsLeftOutIsNamed) {
  const Value a = Input({2}, "present"), b = Input({2}, "forgotten");
  const std::string message = error_of([&] { Model(a, Add()(std::vector{a, b})); });
  EXPECT_NE(message.find("'forgotten'"), std::string::npos) << message;
}

}  // namespace
}  // namespace tutti
