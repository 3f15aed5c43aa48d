#include "core/base/random.h"
#include "core/explain/deep_shap.h"
#include "core/explain/input_gradients.h"
#include "core/explain/kernel_shap.h"
#include "core/explain/permutation_importance.h"
#include "core/layers/activation_layers.h"
#include "core/layers/batch_normalization.h"
#include "core/layers/convolution.h"
#include "core/layers/dense.h"
#include "core/layers/dropout.h"
#include "core/layers/input_layer.h"
#include "core/layers/merging.h"
#include "core/layers/multi_head_attention.h"
#include "core/layers/pooling.h"
#include "core/layers/reshaping.h"
#include "core/model/sequential.h"
#include "tests/core/explain/credit.h"

namespace tutti {
namespace {

using test::Json;

// Base value and contributions add up to the prediction, for every row and output.
void expect_complete(const ShapValues& shap, double tolerance) {
  const int64_t outputs = shap.base_values.elements();
  for (int64_t r = 0; r < shap.predictions.rows(); ++r)
    for (int64_t o = 0; o < outputs; ++o) {
      const Explanation told = shap.explanation(r, o);
      double sum = told.base_value;
      for (const auto& item : told.contributions) sum += item.weight;
      EXPECT_NEAR(sum, told.prediction, tolerance) << "row " << r << ", output " << o;
    }
}

void expect_values(const ShapValues& shap, const Json& given, double tolerance) {
  const auto wanted = test::tensor_of(given).to_vector<double>();
  const auto found = shap.values.to_vector<double>();
  ASSERT_EQ(found.size(), wanted.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], wanted[i], tolerance) << i;
}

TEST(KernelShap, OverAllCoalitionsItIsThePackage) {
  const Tensor training = test::exact(test::explained()["tabular"]["training"]);
  for (const auto& given : test::explained()["kernel_shap"]["cases"]) {
    SCOPED_TRACE(given["link"].get<std::string>() + given["num_features"].dump());
    const KernelExplainer explainer(test::risk, training.slice_rows(0, 8),
                                    {.link = given["link"].get<std::string>(),
                                     .num_features = given["num_features"].get<int64_t>()});
    const ShapValues found = explainer.shap_values(training.slice_rows(8, 11));
    EXPECT_NEAR(found.base_values.at({0}), given["base"].get<double>(), 1e-9);
    const auto values = found.values.to_vector<double>();
    for (size_t r = 0; r < 3; ++r)
      for (size_t f = 0; f < 10; ++f)
        EXPECT_NEAR(values[r * 10 + f], given["values"][r][f].get<double>(), 1e-6)
            << "row " << r << ", feature " << f;
    expect_complete(found, 1e-6);
  }
}

TEST(KernelShap, DrawnCoalitionsComeCloseAndAddUp) {
  const Tensor training = test::exact(test::explained()["tabular"]["training"]);
  const Tensor background = training.slice_rows(0, 8), rows = training.slice_rows(8, 10);
  const auto all = KernelExplainer(test::both_risks, background).shap_values(rows);
  const auto some =
      KernelExplainer(test::both_risks, background, {.nsamples = 400}).shap_values(rows);
  expect_complete(all, 1e-9);
  expect_complete(some, 1e-9);
  const auto exact = all.values.to_vector<double>(), drawn = some.values.to_vector<double>();
  for (size_t i = 0; i < exact.size(); ++i) EXPECT_NEAR(drawn[i], exact[i], 0.02) << i;
}

TEST(KernelShap, WhatDoesNotVaryContributesNothing) {
  const auto predict = [](const Tensor& x) { return x.to(DType::f64); };
  const Tensor same = Tensor::from(std::vector<double>{2, 2}, {2, 1});
  const auto none = KernelExplainer(predict, same).shap_values(same);
  EXPECT_EQ(none.values.to_vector<double>(), (std::vector<double>{0, 0}));
  const Tensor rows = Tensor::from(std::vector<double>{5}, {1, 1});
  const auto one = KernelExplainer(predict, same).shap_values(rows);
  EXPECT_EQ(one.values.to_vector<double>(), (std::vector<double>{3}));
}

TEST(KernelShap, BadInputIsNamed) {
  test::expect_error([] { KernelExplainer(test::risk, {1, 2, 3}); }, {"[kernel_shap]", "(3,)"});
  const Tensor rows = Tensor::zeros({2, 10}, DType::f64);
  test::expect_error([&] { KernelExplainer(test::risk, rows, {.link = "log"}); },
                     {"[kernel_shap]", "log", "logit"});
  const auto wrong = [](const Tensor&) { return Tensor::zeros({1}); };
  test::expect_error([&] { KernelExplainer(wrong, rows); }, {"[kernel_shap]", "(2, 10)", "(1,)"});
}

void set_weights(Model& model, const Json& golden) {
  model.build_graph({{"rows", test::tensor_of(golden["rows"]).shape().tail(), DType::f32}});
  std::vector<Tensor> tensors;
  for (const auto& item : golden["weights"]) tensors.push_back(test::tensor_of(item));
  model.set_weights(tensors);
}

TEST(DeepShap, OfADenseNetItIsThePackage) {
  const auto& golden = test::explained()["deep_shap"]["mlp"];
  Sequential model({Dense(6, "relu"), Dense(5, "tanh"), Dense(3, "softmax")});
  set_weights(model, golden);
  const auto found =
      deep_shap(model, test::tensor_of(golden["rows"]), test::tensor_of(golden["background"]));
  expect_values(found, golden["values"], 2e-6);
  expect_complete(found, 1e-6);
}

TEST(DeepShap, OfAConvolutionalNetItIsThePackage) {
  const auto& golden = test::explained()["deep_shap"]["cnn"];
  Sequential model({Conv2D({.filters = 3, .kernel_size = 3, .activation = "relu"}), MaxPooling2D(),
                    Flatten(), Dense(2)});
  set_weights(model, golden);
  const auto found =
      deep_shap(model, test::tensor_of(golden["rows"]), test::tensor_of(golden["background"]));
  expect_values(found, golden["values"], 2e-6);
  expect_complete(found, 1e-5);
}

Tensor noise(const Shape& shape, uint64_t seed) {
  Random random(seed);
  std::vector<float> values(static_cast<size_t>(shape.elements()));
  for (float& value : values) value = static_cast<float>(random.normal());
  return Tensor::from(values, shape);
}

TEST(DeepShap, ProductsGatesNormsAndAttentionAddUp) {
  const Value input = Input({4, 6});
  Value x = MultiHeadAttention({.num_heads = 2, .key_dim = 3})({input, input});
  x = Dense(6, "gelu")(Add()({x, input}));
  x = Multiply()({x, Dense(6, "sigmoid")(input)});
  x = GlobalMaxPooling1D()(Dropout(0.5)(BatchNormalization()(x)));
  Model model(input, Dense(2, "softplus")(x));
  const auto found = deep_shap(model, noise({3, 4, 6}, 1), noise({5, 4, 6}, 2));
  expect_complete(found, 2e-5);
}

TEST(DeepShap, AnOpWithoutARuleIsNamed) {
  const Value input = Input({3});
  Model model(input, Dense(2)(Activation("sparsemax")(input)));
  test::expect_error(
      [&] {
        (void)deep_shap(model, noise({2, 3}, 1), noise({2, 3}, 2));
      },
      {"[deep_shap]", "no rule for", "kernel_shap"});
}

TEST(InputGradients, AreTheModels) {
  Sequential model({Dense(4, "tanh"), Dropout(0.5), Dense(2)});
  const Tensor rows = noise({2, 3}, 3);
  const auto slopes = input_gradients(model, rows, 1).to_vector<double>();
  for (size_t i = 0; i < 6; ++i) {
    const auto moved = [&](float by) {
      auto values = rows.to_vector<float>();
      values[i] += by;
      return model.predict(Tensor::from(values, {2, 3})).at({static_cast<int64_t>(i) / 3, 1});
    };
    EXPECT_NEAR(slopes[i], (moved(1e-2f) - moved(-1e-2f)) / 2e-2, 1e-3) << i;
  }
  const auto sizes = saliency(model, rows, 1).to_vector<double>();
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(sizes[i], std::abs(slopes[i]));
}

TEST(InputGradients, IntegratedOnesAddUpToTheDifference) {
  Sequential model({Dense(8, "tanh"), Dense(2, "sigmoid")});
  const Tensor rows = noise({4, 3}, 5), baseline = noise({3}, 6);
  const auto parts = integrated_gradients(model, rows, baseline, 1).to_vector<double>();
  const Tensor ends = model.predict(rows), begin = model.predict(baseline.reshape({1, 3}));
  for (int64_t r = 0; r < 4; ++r) {
    const auto at = static_cast<size_t>(3 * r);
    EXPECT_NEAR(parts[at] + parts[at + 1] + parts[at + 2], ends.at({r, 1}) - begin.at({0, 1}),
                1e-5);
  }
}

TEST(InputGradients, ExpectedOnesOfALinearModelAreExact) {
  Sequential model({Dense(1)});
  model.build_graph({{"rows", {3}, DType::f32}});
  model.set_weights({Tensor::from(std::vector<float>{1, -2, 3}, {3, 1}), Tensor({0.5})});
  const Tensor background = Tensor::from(std::vector<float>{1, 1, 1}, {1, 3});
  const auto found = gradient_shap(model, {{2, 2, 2}, {0, 1, 5}}, background);
  const auto values = found.values.to_vector<double>();
  const std::vector<double> wanted = {1, -2, 3, -1, 0, 12};
  for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(values[i], wanted[i], 1e-5);
  expect_complete(found, 1e-5);
}

TEST(InputGradients, WhatHasNoneIsNamed) {
  const Value a = Input({2}), b = Input({2});
  Model two({a, b}, {Add()({a, b})});
  test::expect_error([&] { (void)saliency(two, noise({1, 2}, 1)); }, {"[explain]", "2 inputs"});
  Sequential one({Dense(2)});
  test::expect_error(
      [&] {
        (void)saliency(one, noise({1, 2}, 1), 2);
      },
      {"[explain]", "no unit 2 of 2"});
  test::expect_error([&] { (void)saliency(one, noise({1, 3}, 1)); }, {"(3,)", "(2,)"});
}

TEST(PermutationImportance, IsScikitLearns) {
  const auto& golden = test::explained()["permutation"];
  const Tensor x = test::exact(test::explained()["tabular"]["training"]);
  const auto target = golden["target"].get<std::vector<double>>();
  const auto score = [&](const Tensor& rows) {
    const auto found = test::risk(rows).to_vector<double>();
    double sum = 0;
    for (size_t i = 0; i < found.size(); ++i)
      sum += (found[i] - target[i]) * (found[i] - target[i]);
    return -sum / static_cast<double>(found.size());
  };
  const auto found = permutation_importance(score, x, 4, 7);
  for (size_t f = 0; f < 10; ++f) {
    EXPECT_NEAR(found.importances_mean[f], golden["mean"][f].get<double>(), 1e-12) << f;
    EXPECT_NEAR(found.importances_std[f], golden["std"][f].get<double>(), 1e-12) << f;
  }
}

TEST(Explanation, IsPrintedAsBars) {
  std::ostringstream out;
  out << Explanation{0, 0.5, 0.75, {{1, "age > 37", 0.5}, {0, "rent", -0.25}}};
  EXPECT_EQ(out.str(),
            "prediction 0.75, base value 0.5\n"
            "age > 37        +0.5 ++++++++++++++++++++\n"
            "rent           -0.25 ----------\n");
}

}  // namespace
}  // namespace tutti
