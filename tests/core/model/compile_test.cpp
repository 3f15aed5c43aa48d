// What compile takes, and the names under which fit and evaluate report, as Keras gives them
// (checked with Keras 3.15, JAX backend).
#include <cmath>

#include "core/callbacks/early_stopping.h"
#include "core/callbacks/learning_rates.h"
#include "core/layers/dense.h"
#include "core/layers/input_layer.h"
#include "core/losses/crossentropy.h"
#include "core/metrics/accuracy.h"
#include "core/model/sequential.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "core/optimizers/sgd.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

using test::error_of, test::sample_tensor;

FitOptions unseen(int64_t epochs = 1) {
  FitOptions options;
  options.epochs = epochs;
  options.batch_size = 4;
  options.verbose = 0;
  return options;
}

std::vector<std::string> reported(const Logs& logs) {
  std::vector<std::string> names;
  for (const auto& [name, value] : logs.entries()) names.push_back(name);
  return names;
}
using Names = std::vector<std::string>;

const Tensor kEightRows = sample_tensor({8, 3}, DType::f32),
             kEightTargets = sample_tensor({8, 1}, DType::f32, 1);

std::unique_ptr<Model> pair_model() {
  const Value input = Input({3});
  const Value a = Dense({.units = 1}, "a")(input), b = Dense({.units = 1}, "b")(input);
  return std::make_unique<Model>(std::vector{input}, std::vector{a, b});
}
RowSourcePtr pair_rows() {
  return make_rows(std::vector<Tensor>{kEightRows}, {kEightTargets, kEightTargets});
}

TEST(Compile, AListOfMetricsHasAnEntryForEachOutput) {
  const auto model = pair_model();
  model->compile({.loss = "mse", .metrics = {"mae", "mse"}});
  EXPECT_EQ(reported(model->evaluate(pair_rows())),
            (Names{"a_loss", "a_mae", "b_loss", "b_mse", "loss"}));
  model->compile({.loss = "mse", .metrics = {MetricList{"mae", "mse"}, "mse"}});
  EXPECT_EQ(reported(model->evaluate(pair_rows())),
            (Names{"a_loss", "a_mae", "a_mse", "b_loss", "b_mse", "loss"}));
  model->compile({.loss = "mse", .metrics = {"mae"}});
  EXPECT_EQ(error_of([&] { model->evaluate(pair_rows()); }),
            "[compile] the list of metrics has 1 entries, the model has 2 outputs; give one for "
            "each, or name the outputs");
}

TEST(Compile, NamesOutputsAsADictionaryDoes) {
  const auto model = pair_model();
  model->compile({.loss = {{"a", "mse"}, {"b", "mae"}},
                  .loss_weights = {{"a", 0.5}, {"b", 2.0}},
                  .metrics = {{"b", {"mae", "mse"}}}});
  const Logs logs = model->evaluate(pair_rows());
  EXPECT_EQ(reported(logs), (Names{"a_loss", "b_loss", "b_mae", "b_mse", "loss"}));
  EXPECT_NEAR(*logs.find("loss"), 0.5 * *logs.find("a_loss") + 2 * *logs.find("b_loss"), 1e-5);
  EXPECT_NEAR(*logs.find("b_loss"), *logs.find("b_mae"), 1e-6);
}

TEST(Compile, OneLossOfTwoOutputsIsTheLoss) {
  const auto model = pair_model();
  model->compile({.loss = std::map<std::string, Ref<Loss>>{{"a", nullptr}, {"b", "mse"}}});
  EXPECT_EQ(reported(model->evaluate(pair_rows())), (Names{"loss"}));
  const auto refused = [&](PerOutput<Ref<Loss>> loss) {
    model->compile({.loss = std::move(loss)});
    return error_of([&] { model->evaluate(pair_rows()); });
  };
  EXPECT_EQ(refused(std::map<std::string, Ref<Loss>>{{"b", "mse"}}),
            "[compile] loss leaves out output 'a'; name it too, as null for none");
  EXPECT_EQ(refused(std::vector<Ref<Loss>>{"mse"}),
            "[compile] loss is a list of 1, the model has 2 outputs (a, b); give one for each");
}

TEST(Compile, MetricsOfOneNameAreNumberedOrCalledWeighted) {
  Sequential model({Dense(1)});
  model.compile({.loss = "mse",
                 .metrics = {"mae", "mae", "mse"},
                 .weighted_metrics = {"mae", "mae", "mse", "acc"}});
  EXPECT_EQ(reported(model.evaluate(kEightRows, kEightTargets)),
            (Names{"acc", "loss", "mae", "mae_1", "mse", "weighted_mae", "weighted_mae_1",
                   "weighted_mse"}));
  const auto both = pair_model();
  both->compile({.loss = "mse", .metrics = {"mae", "mse"}, .weighted_metrics = {"mae", "mae"}});
  EXPECT_EQ(reported(both->evaluate(pair_rows())),
            (Names{"a_loss", "a_mae", "a_weighted_mae", "b_loss", "b_mae", "b_mse", "loss"}));
}

// What is monitored is known by its metric, whatever it is called.
TEST(Compile, AutoFollowsTheMetricNotItsName) {
  const auto hits = std::make_shared<metrics::BinaryAccuracy>();
  hits->set_name("hits");
  Sequential model({Dense({.units = 1, .use_bias = false, .kernel_initializer = "zeros"})});
  model.compile({.optimizer = SGD(1.0), .loss = "mse", .metrics = {Ref<Metric>(hits)}});
  const auto stopping = std::make_shared<EarlyStopping>(
      EarlyStoppingOptions{.monitor = "val_hits", .patience = 2, .restore_best_weights = true});
  FitOptions options = unseen(6);
  options.callbacks = {stopping};
  options.batch_size = 4;
  // The only weight goes from 0 to 1 at once: hits rise.
  const Tensor ones = Tensor::full({4, 1}, 1.0);
  options.validation_data = make_rows(ones, ones);
  const History history = model.fit(ones * 0.7, ones, options);
  EXPECT_GT(history["val_hits"].back(), history["val_hits"].front() - 1);
  EXPECT_EQ(stopping->best_epoch(),
            std::max_element(history["val_hits"].begin(), history["val_hits"].end()) -
                history["val_hits"].begin());
  const auto unknown = [](const Value& y_true, const Value& y_pred) {
    return abs(y_true - y_pred);
  };
  model.compile({.loss = "mse", .metrics = {Ref<Metric>(unknown)}});
  options.callbacks = {
      std::make_shared<EarlyStopping>(EarlyStoppingOptions{.monitor = "function"})};
  EXPECT_NE(error_of([&] { model.fit(ones, ones, options); }).find("set mode"), std::string::npos);
  EXPECT_EQ(model.optimizer().iterations(), 0);  // told before the first step
  options.callbacks = {
      std::make_shared<EarlyStopping>(EarlyStoppingOptions{.monitor = "learning_rate"}),
      std::make_shared<ReduceLROnPlateau>(
          ReduceLROnPlateauOptions{.monitor = "val_functoin", .mode = "min"})};
  EXPECT_NE(error_of([&] { model.fit(ones, ones, options); }).find("[EarlyStopping] cannot tell"),
            std::string::npos);
  std::swap(options.callbacks[0], options.callbacks[1]);
  EXPECT_EQ(error_of([&] { model.fit(ones, ones, options); }),
            "[ReduceLROnPlateau] monitors 'val_functoin', which this training does not report, did "
            "you mean 'val_function'?");
  EXPECT_EQ(model.optimizer().iterations(), 0);
}

TEST(Compile, ClassWeightsLeaveTheValidationAlone) {
  Sequential model({Dense({.units = 1, .use_bias = false, .kernel_initializer = "ones"})});
  model.compile({.optimizer = SGD(0.0), .loss = "mse", .weighted_metrics = {"mae"}});
  FitOptions options = unseen();
  options.batch_size = 7;
  options.validation_split = 0.3;
  options.class_weight = {{0, 2.0}, {1, 5.0}};
  const Tensor x = test::column({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}),
               y = test::column({0, 1, 0, 1, 0, 1, 0, 1, 0, 1});
  // Keras's numbers.
  const History history = model.fit(x, y, options);
  EXPECT_NEAR(history["loss"][0], 30.285715, 1e-5);
  EXPECT_NEAR(history["mae"][0], 2.347826, 1e-6);
  EXPECT_NEAR(history["val_loss"][0], 54.666668, 1e-5);
  EXPECT_NEAR(history["val_mae"][0], 7.3333333, 1e-6);
}

TEST(Compile, ALossThatIsAScalarIsWeighed) {
  Sequential model({Dense({.units = 1, .use_bias = false, .kernel_initializer = "ones"})});
  const auto scalar = [](const Value& y_true, const Value& y_pred) {
    return reduce_mean(square(y_true - y_pred));
  };
  model.compile({.optimizer = SGD(0.0), .loss = Ref<Loss>(scalar)});
  const Tensor x = test::column({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}),
               y = test::column({0, 1, 0, 1, 0, 1, 0, 1, 0, 1});
  EXPECT_NEAR(*model.evaluate(x, y, 4).find("loss"), 24.0, 1e-5);
  EXPECT_NEAR(*model.evaluate(x, y, 4, Tensor{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}).find("loss"), 167.2,
              1e-4);
}

TEST(Compile, FitEndsWithTheAveragesAndGoesOnFromThem) {
  Sequential model({Dense({.units = 1, .use_bias = false, .kernel_initializer = "zeros"})});
  model.compile({.optimizer = SGD({.learning_rate = 0.5, .use_ema = true, .ema_momentum = 0.75}),
                 .loss = "mae"});
  const Tensor ones = Tensor::full({4, 1}, 1.0);
  // By hand: the weight rises by 0.5 a step until it is 1; the average begins with the first.
  model.fit(ones, ones * 100.0, unseen(3));
  EXPECT_FLOAT_EQ(static_cast<float>(model.get_weights()[0].item()), 0.75f * 0.625f + 0.25f * 1.5f);
}

TEST(Compile, AFitWithoutAStepLeavesTheWeights) {
  Sequential model({Dense({.units = 1, .kernel_initializer = "ones"})});
  model.compile({.optimizer = SGD({.use_ema = true}), .loss = "mae"});
  const auto rows = make_rows(Tensor::full({4, 1}, 1.0), Tensor::full({4, 1}, 2.0));
  FitOptions options = unseen(2);
  options.initial_epoch = 2;
  model.prepare(rows, options);
  model.fit(rows, options);
  EXPECT_EQ(model.get_weights()[0].item(), 1.0);
}

TEST(Sequential, GrowsAndShrinksAfterItWasUsed) {
  Sequential model({Dense(4, "relu"), Dense(2)});
  EXPECT_EQ(model.predict(kEightRows).shape(), (Shape{8, 2}));
  const auto before = model.get_weights();
  model.add(Dense(1));
  EXPECT_EQ(model.predict(kEightRows).shape(), (Shape{8, 1}));
  EXPECT_EQ(model.layers().size(), 3u);
  EXPECT_EQ(model.get_weights()[0].to_vector<float>(), before[0].to_vector<float>());
  model.compile({.optimizer = SGD(0.1), .loss = "mse"});
  EXPECT_LT(model.fit(kEightRows, kEightTargets, unseen(20))["loss"].back(), 10);
  const auto last = model.pop();
  EXPECT_EQ(last->count_params(), 3);
  EXPECT_EQ(model.predict(kEightRows).shape(), (Shape{8, 2}));
  EXPECT_NE(error_of([&] {
              model.fit(kEightRows, kEightRows.reshape({12, 2}).slice_rows(0, 8), unseen());
            }).find("compile() again"),
            std::string::npos);
  model.pop(), model.pop();
  EXPECT_NE(error_of([&] { model.pop(); }).find("no layer"), std::string::npos);
  model.add(Dense(5));
  EXPECT_EQ(model.predict(kEightRows).shape(), (Shape{8, 5}));
}

TEST(Sequential, BuildsOnAModelThatStandsFirst) {
  const Value input = Input({3});
  const auto base = std::make_shared<Model>(input, Dense(4)(input), "base");
  Sequential model;
  model.add(LayerHandle(base));
  model.add(Dense({.units = 2}, "head"));
  EXPECT_TRUE(model.built_graph());
  EXPECT_EQ(model.count_params(), 16 + 10);
}

TEST(Model, NamesALabelThatIsNoClass) {
  Sequential model({Dense(3, "softmax")});
  model.compile({.loss = "sparse_categorical_crossentropy"});
  const Tensor labels = Tensor::from(std::vector<int64_t>{0, 1, 2, 0, 1, 3, 0, 1}, {8});
  const auto no_class = [](const std::string& verb, const char* label) {
    return "[" + verb + " row 5] the label is " + label +
           "; expected a whole number from 0 to 2, one per class of the model";
  };
  const std::string expected = no_class("fit", "3");
  EXPECT_EQ(error_of([&] { model.fit(kEightRows, labels, unseen()); }), expected);
  EXPECT_EQ(error_of([&] { model.evaluate(kEightRows, labels.to(DType::f32)); }),
            no_class("evaluate", "3"));
  EXPECT_EQ(error_of([&] { model.train_on_batch(kEightRows, labels); }),
            no_class("train_on_batch", "3"));
  EXPECT_EQ(error_of([&] { model.test_on_batch(kEightRows, labels); }),
            no_class("test_on_batch", "3"));
  const Tensor fraction{0, 1, 2, 0, 1, 1.5, 0, 1};
  EXPECT_EQ(error_of([&] { model.fit(kEightRows, fraction, unseen()); }), no_class("fit", "1.5"));
  EXPECT_NE(error_of([&] { model.fit(kEightRows, kEightRows, unseen()); }).find("one-hot"),
            std::string::npos);
  model.compile({.loss = "crossentropy"});
  EXPECT_EQ(error_of([&] { model.fit(kEightRows, labels, unseen()); }), expected);
  model.fit(kEightRows, Tensor::full({8, 3}, 1.0 / 3), unseen());
  model.compile({.loss = losses::SparseCategoricalCrossentropy({.ignore_class = 3})});
  model.fit(kEightRows, labels, unseen());
}

TEST(Model, SaysWhereOneOutputIsTakenOfSeveral) {
  const auto model = pair_model();
  EXPECT_NE(error_of([&] { model->predict(kEightRows); }).find("2 outputs"), std::string::npos);
  EXPECT_NE(error_of([&] { (*model)(kEightRows); }).find("2 outputs"), std::string::npos);
  EXPECT_NE(error_of([&] { (*model)(Input({3})); }).find("returns 2 values"), std::string::npos);
  EXPECT_EQ(model->predict(make_rows(kEightRows)).size(), 2u);
  model->compile({.optimizer = SGD(0.0), .loss = "mse"});
  const Logs logs = model->train_on_batch(pair_rows());
  EXPECT_EQ(reported(logs), (Names{"a_loss", "b_loss", "loss"}));
}

TEST(Model, BatchesAreTestedAndPredicted) {
  Sequential model({Dense(1)});
  model.compile({.loss = "mse", .metrics = {"mae"}});
  EXPECT_EQ(model.test_on_batch(kEightRows, kEightTargets).entries(),
            model.evaluate(kEightRows, kEightTargets, 8).entries());
  EXPECT_EQ(model.predict_on_batch(kEightRows).shape(), (Shape{8, 1}));
}

TEST(Model, CountsNoWeightsBeforeTheyAreMade) {
  Sequential model({Dense(1)});
  EXPECT_NE(error_of([&] { model.count_params(); }).find("input_shape"), std::string::npos);
  model.predict(kEightRows);
  EXPECT_EQ(model.count_params(), 4);
}

TEST(Model, ListsInputsThatNoOutputNeeds) {
  const Value used = Input({3}, "used"), unused = Input({2}, "unused");
  const Model model({used, unused}, {Dense({.units = 2}, "out")(used)});
  Names names;
  for (const auto& layer : model.layers()) names.push_back(layer->name());
  EXPECT_EQ(names, (Names{"used", "unused", "out"}));
}

TEST(Model, OfFloat64TrainsInFloat64) {
  const Dense dense({.units = 1, .use_bias = false, .kernel_initializer = "ones"});
  dense->set_dtype(DType::f64);
  Sequential model({dense});
  model.compile({.optimizer = SGD(0.0), .loss = "mse", .metrics = {"mae"}});
  const Tensor x = Tensor::from(std::vector<double>{1, 2, 3, 4}, {4, 1});
  // Targets whose distance f32 cannot hold.
  const Tensor y =
      Tensor::from(std::vector<double>{1 + 1e-12, 2 + 1e-12, 3 + 1e-12, 4 + 1e-12}, {4, 1});
  const Logs logs = model.evaluate(x, y);
  EXPECT_NEAR(*logs.find("mae"), 1e-12, 1e-15);
  EXPECT_NEAR(*logs.find("loss"), 1e-24, 1e-26);
  EXPECT_EQ(model.predict(x).dtype(), DType::f64);
  model.fit(x, y, unseen());
}

}  // namespace
}  // namespace tutti
