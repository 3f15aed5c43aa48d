// Trainings that are well are told nothing; those made ill are told what ails them.
#include "launch/report/diagnosis.h"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

#include "io/datasets/shipped.h"
#include "launch/tutti.h"

namespace tutti {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

struct Task {
  Dataset rows;
  Ref<Loss> loss = "mse";
  Ref<Optimizer> optimizer = "adam";
  int64_t epochs = 10, batch = 32;
  double validation = 0.2;
  std::map<std::string, std::vector<double>> history = {};  // filled by diagnosed()
};

std::vector<Diagnosis> diagnosed(Sequential& model, Task& task) {
  model.compile({.optimizer = task.optimizer, .loss = task.loss});
  const auto recorder = std::make_shared<TrainingRecorder>(TrainingRecorderOptions{"", 256});
  FitOptions options;
  options.epochs = task.epochs;
  options.batch_size = task.batch;
  options.verbose = 0;
  options.validation_split = task.validation;
  options.callbacks = {recorder};
  options.on_nan = "ignore";  // it is to be seen how it goes on
  task.history = model.fit(RowSourcePtr(task.rows), options).history();
  return diagnose({task.history, recorder->record(), {}});
}

std::vector<std::string> names(const std::vector<Diagnosis>& found) {
  std::vector<std::string> all;
  for (const auto& diagnosis : found) all.push_back(diagnosis.name);
  return all;
}

std::string told(const std::vector<Diagnosis>& found) {
  std::string text;
  for (const auto& diagnosis : found) text += diagnosis.name + ": " + diagnosis.sentence + "\n";
  return text;
}

// In another order than that of the classes, so that the last rows are like the others.
Dataset shuffled(const Dataset& rows) {
  std::vector<int64_t> order(static_cast<size_t>(rows.rows()));
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(i);
  std::mt19937 random(3);
  std::shuffle(order.begin(), order.end(), random);
  return rows.take_rows(order);
}

Dataset digits() {
  const Dataset raw = shuffled(datasets::digits());
  auto pixels = raw.features().to_vector<float>();
  for (float& pixel : pixels) pixel /= 16;
  return raw.with_features(Tensor::from(pixels, raw.features().shape()));
}

Dataset iris() {
  StandardScaler scaler;
  return scaler.fit_transform(shuffled(datasets::iris()));
}

// `rows` of `width` normal numbers, and what `function` makes of each row.
template <typename Function>
Dataset made(int64_t rows, int64_t width, const Function& function, bool classes = false) {
  std::mt19937 random(11);
  std::normal_distribution<float> normal;
  std::vector<float> x, y;
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t i = 0; i < width; ++i) x.push_back(normal(random));
    y.push_back(static_cast<float>(function(&x[static_cast<size_t>(row * width)], random)));
  }
  const Tensor labels = Tensor::from(y, {rows});
  return Dataset(Tensor::from(x, {rows, width}), classes ? labels.to(DType::i32) : labels);
}

class Healthy : public testing::Test {
 protected:
  static void expect_none(Sequential model, Task task) {
    const auto found = diagnosed(model, task);
    EXPECT_THAT(found, IsEmpty()) << told(found);
  }
};

constexpr const char* kSparse = "sparse_categorical_crossentropy";

TEST_F(Healthy, IrisByRelus) {
  expect_none(
      Sequential({Dense(8, "relu"), Dense(10, "relu"), Dense(10, "relu"), Dense(3, "softmax")}),
      {iris(), kSparse, Adam(0.001), 100, 5});
}
TEST_F(Healthy, IrisByTanh) {
  expect_none(Sequential({Dense(8, "tanh"), Dense(3, "softmax")}),
              {iris(), kSparse, SGD(0.1), 60, 8});
}
TEST_F(Healthy, DigitsByRelus) {
  expect_none(Sequential({Dense(128, "relu"), Dense(64, "relu"), Dense(10, "softmax")}),
              {digits(), kSparse, Adam(0.001), 30, 32});
}
TEST_F(Healthy, DigitsBySigmoids) {
  expect_none(Sequential({Dense(64, "sigmoid"), Dense(10, "softmax")}),
              {digits(), kSparse, SGD(0.3), 15, 32});
}
TEST_F(Healthy, DigitsDeeperWithNormalizationAndDropout) {
  expect_none(
      Sequential({Dense(64, "relu"), BatchNormalization(), Dropout(0.2), Dense(64, "relu"),
                  BatchNormalization(), Dropout(0.2), Dense(64, "gelu"), Dense(10, "softmax")}),
      {digits(), kSparse, Adam(0.002), 12, 32});
}
TEST_F(Healthy, DigitsByConvolutions) {
  expect_none(
      Sequential({Reshape({.target_shape = {8, 8, 1}}),
                  Conv2D({.filters = 8, .kernel_size = 3, .activation = "relu"}), MaxPooling2D(),
                  Conv2D({.filters = 16, .kernel_size = 2, .activation = "relu"}), Flatten(),
                  Dense(10, "softmax")}),
      {digits(), kSparse, Adam(0.003), 10, 32});
}
TEST_F(Healthy, ALineByOneWeight) {
  expect_none(Sequential({Dense(1)}), {made(64, 1, [](const float* x, auto&) { return 2 * x[0]; }),
                                       "mse", SGD(0.01), 20, 4});
}
TEST_F(Healthy, ASineByTanh) {
  expect_none(Sequential({Dense(32, "tanh"), Dense(32, "tanh"), Dense(1)}),
              {made(400, 1, [](const float* x, auto&) { return std::sin(2 * x[0]); }), "mse",
               Adam(0.005), 60, 32});
}
TEST_F(Healthy, ANoisyPlane) {
  expect_none(Sequential({Dense(16, "relu"), Dense(1)}),
              {made(600, 5,
                    [](const float* x, std::mt19937& random) {
                      return 3 * x[0] - x[1] + 10 + 0.3 * std::normal_distribution<>()(random);
                    }),
               "mae", Adam(0.01), 40, 32});
}
TEST_F(Healthy, TwoClassesInRings) {
  expect_none(
      Sequential({Dense(16, "relu"), Dense(16, "relu"), Dense(1, "sigmoid")}),
      {made(
           600, 2, [](const float* x, auto&) { return x[0] * x[0] + x[1] * x[1] > 1.4; }, true),
       "binary_crossentropy", Adam(0.01), 40, 32});
}
TEST_F(Healthy, AnAutoencoder) {
  const Dataset rows = digits();
  expect_none(Sequential({Dense(16, "relu"), Dense(64, "sigmoid")}),
              {rows.with_labels(rows.features()), "mse", Adam(0.003), 20, 32});
}

class Ill : public testing::Test {
 protected:
  // The diagnosis of that name, which must be there.
  static Diagnosis expect(const std::string& name, Sequential model, Task task) {
    const auto found = diagnosed(model, task);
    EXPECT_THAT(names(found), Contains(name)) << told(found);
    for (const auto& diagnosis : found)
      if (diagnosis.name == name) return diagnosis;
    return {};
  }
};

// 1-2-1 without a way for y = 2x: what beginners' lessons show.
TEST_F(Ill, TheLessonOfTheDeadRelu) {
  Dense hidden(2, "relu"), output(1);
  Sequential model({hidden, output});
  hidden->set_input_shape({1});
  model.build_graph({{"x", Shape({1}), DType::f32}});
  model.set_weights({Tensor{{-0.5, -0.7}}, Tensor{0, 0},
                     Tensor::from(std::vector{0.3f, 0.4f}, {2, 1}),
                     Tensor::from(std::vector{0.0f}, {1})});
  Task task{Dataset(Tensor::from(std::vector{1.f, 2.f, 3.f, 4.f, 5.f}, {5, 1}),
                    Tensor::from(std::vector{2.f, 4.f, 6.f, 8.f, 10.f}, {5})),
            "mse",
            SGD(0.01),
            100,
            5,
            0};
  const auto found = diagnosed(model, task);
  ASSERT_THAT(names(found), testing::ElementsAre("dead_units")) << told(found);
  EXPECT_THAT(found[0].sentence, HasSubstr("All of the 2 units"));
  EXPECT_THAT(found[0].sentence, HasSubstr(hidden->name()));
  EXPECT_THAT(found[0].sentence, HasSubstr("before the first step"));
  EXPECT_THAT(found[0].remedy, HasSubstr("leaky_relu"));
  EXPECT_NEAR(task.history.at("loss").front(), 44.0, 1e-4);
  EXPECT_NEAR(task.history.at("loss").back(), 8.659273, 1e-4);
  EXPECT_NEAR(model.predict(Tensor{{9}}).item(), 5.204283, 1e-4);
}

TEST_F(Ill, UnitsThatDiedAreCounted) {
  const auto found = expect(
      "dead_units",
      Sequential({Dense({.units = 40, .activation = "relu", .bias_initializer = Constant(-20.0)}),
                  Dense(10, "softmax")}),
      {digits(), kSparse, Adam(0.001), 5});
  EXPECT_THAT(found.sentence, HasSubstr("of the 40 units"));
}

TEST_F(Ill, SigmoidsOnSigmoidsLetGradientsVanish) {
  std::vector<std::shared_ptr<Layer>> layers;
  for (int i = 0; i < 9; ++i) layers.push_back(Dense(32, "sigmoid").pointer());
  layers.push_back(Dense(10, "softmax").pointer());
  expect("vanishing_gradients", Sequential(layers), {digits(), kSparse, SGD(0.1), 6});
}

TEST_F(Ill, LargeWeightsInManyLayersExplode) {
  std::vector<std::shared_ptr<Layer>> layers;
  for (int i = 0; i < 12; ++i)
    layers.push_back(Dense({.units = 32,
                            .activation = "relu",
                            .kernel_initializer = RandomNormal({.stddev = 1.0})})
                         .pointer());
  layers.push_back(Dense(10).pointer());
  expect("exploding_gradients", Sequential(layers),
         {digits(), losses::SparseCategoricalCrossentropy({.from_logits = true}), Adam(0.0001), 4});
}

TEST_F(Ill, HugeWeightsSaturate) {
  const auto found =
      expect("saturation",
             Sequential({Dense({.units = 32,
                                .activation = "tanh",
                                .kernel_initializer = RandomNormal({.stddev = 5.0})}),
                         Dense(10, "softmax")}),
             {digits(), kSparse, SGD(0.01), 6});
  EXPECT_THAT(found.sentence, HasSubstr("tanh"));
}

TEST_F(Ill, NoiseIsLearnedByHeart) {
  const auto found =
      expect("overfitting", Sequential({Dense(128, "relu"), Dense(128, "relu"), Dense(1)}),
             {made(100, 10,
                   [](const float* x, std::mt19937& random) {
                     return x[0] + 1.5 * std::normal_distribution<>()(random);
                   }),
              "mse", Adam(0.003), 80, 16});
  EXPECT_THAT(found.sentence, HasSubstr("from about epoch"));
}

TEST_F(Ill, ARateThatIsTooHigh) {
  expect("rate_too_high", Sequential({Dense(64, "relu"), Dense(32, "relu"), Dense(10, "softmax")}),
         {digits(), kSparse, Adam(1.0), 8});
  expect("rate_too_high", Sequential({Dense(64, "relu"), Dense(32, "relu"), Dense(10, "softmax")}),
         {digits(), kSparse, SGD(10.0), 8});
}

TEST_F(Ill, ARateThatIsTooLow) {
  expect("rate_too_low", Sequential({Dense(64, "relu"), Dense(10, "softmax")}),
         {digits(), kSparse, Adam(1e-6), 10});
  expect("rate_too_low", Sequential({Dense(16, "tanh"), Dense(3, "softmax")}),
         {iris(), kSparse, SGD(1e-4), 20});
}

TEST_F(Ill, ALossThatIsNoNumber) {
  const auto found =
      expect("not_finite", Sequential({Dense(8, "relu"), Dense(1)}),
             {made(100, 3, [](const float* x, auto&) { return 100 * x[0]; }), "mse", SGD(10.0), 6});
  EXPECT_TRUE(found.epoch && *found.epoch <= 2);
}

TEST(Diagnosis, TheTurnOfAValidationLossIsFoundWithinThreeEpochs) {
  std::mt19937 random(5);
  std::normal_distribution<double> noise(0, 0.006);
  for (const int turn : {8, 15, 25, 40, 60}) {
    std::vector<double> loss, validated;
    for (int epoch = 1; epoch <= 2 * turn + 20; ++epoch) {
      const double past = epoch - turn;
      loss.push_back(2 * std::exp(-3.0 * epoch / turn) + 0.02);
      validated.push_back(0.6 + (past < 0 ? 0.9 : 0.7) * past * past / (turn * turn) +
                          noise(random));
    }
    const auto found = diagnose({{{"loss", loss}, {"val_loss", validated}}, {}, {}});
    ASSERT_THAT(names(found), testing::ElementsAre("overfitting")) << turn;
    EXPECT_NEAR(static_cast<double>(*found[0].epoch), turn, 3);
  }
}

TEST(Diagnosis, AValidationLossThatWaversIsNoOverfitting) {
  std::vector<double> loss, validated;
  for (int epoch = 0; epoch < 40; ++epoch) {
    loss.push_back(2 * std::exp(-epoch / 6.0) + 0.01);
    validated.push_back(2 * std::exp(-epoch / 5.0) + 0.1 + 0.015 * (epoch % 3));
  }
  EXPECT_THAT(diagnose({{{"loss", loss}, {"val_loss", validated}}, {}, {}}), IsEmpty());
}

TEST(Diagnosis, RareClassesAreNamed) {
  const auto found = diagnose({{}, {}, {{"healthy", 950}, {"ill", 50}}});
  ASSERT_THAT(names(found), testing::ElementsAre("class_imbalance"));
  EXPECT_THAT(found[0].sentence, HasSubstr("'healthy' has 950"));
  EXPECT_THAT(diagnose({{}, {}, {{"a", 300}, {"b", 100}, {"c", 80}}}), IsEmpty());
  EXPECT_THAT(diagnose({{}, {}, {{"a", 300}, {"never", 0}}}), testing::SizeIs(1));
}

TEST(Diagnosis, NothingSaysNothing) { EXPECT_THAT(diagnose({}), IsEmpty()); }

}  // namespace
}  // namespace tutti
