// EinsumDense, Softmax with masks, ReversibleEmbedding, SpectralNormalization and Lambda against
// Keras; what they refuse.
#include <gmock/gmock.h>

#include "core/layers/activation_layers.h"
#include "core/layers/dense.h"
#include "core/layers/einsum_dense.h"
#include "core/layers/embedding.h"
#include "core/layers/input_layer.h"
#include "core/layers/lambda.h"
#include "core/layers/spectral_normalization.h"
#include "core/ops/elementwise.h"
#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"
#include "tests/conformance/keras_layer_conformance.h"

namespace tutti {
namespace {

using test::error_of;

const bool kHalveIsKnown = [] {
  register_lambda("halve", [](const Value& x) { return x * 0.5; });
  return true;
}();
const test::Json kThreeUnits = {{"Dense", {{"units", 3}}}};
const test::EnterLayer kProducts[] = {
    {"EinsumDense",
     {.arguments = {{"equation", "abc,cd->abd"},
                    {"output_shape", {nullptr, 2}},
                    {"bias_axes", "d"}},
      .inputs = {{5, 3, 4}}}},
    {"EinsumDense",
     {.arguments = {{"equation", "abc,bcd->abd"}, {"output_shape", {3, 2}}},
      .inputs = {{5, 3, 4}}}},
    {"ReversibleEmbedding",
     {.arguments = {{"input_dim", 5}, {"output_dim", 2}}, .inputs = {{5, 3}}, .below = 5}},
    {"SpectralNormalization",
     {.arguments = {{"layer", kThreeUnits}, {"power_iterations", 300}},
      .inputs = {{5, 4}},
      .assigns_weights = true}},
    {"Lambda", {.arguments = {{"function", "halve"}}, .inputs = {{5, 3}}}},
};

TEST(Products, EqualKeras) { test::expect_layers_equal_keras("products"); }

TEST(Products, AnEinsumDenseRefusesEquationsThatDoNotFit) {
  const Value x = Input({3, 4});
  const auto refused = [&](const char* equation, const Shape& output) {
    return error_of([&] { EinsumDense(EinsumDenseOptions{equation, output})(x); });
  };
  EXPECT_THAT(refused("abc", {2}), testing::HasSubstr("is no equation of two sides"));
  EXPECT_THAT(refused("ab,bc->ac", {2}), testing::HasSubstr("does not fit a value of 3 axes"));
  EXPECT_THAT(refused("abb,bc->ac", {2}), testing::HasSubstr("write each as one letter, once"));
  EXPECT_THAT(refused("abc,cd->abe", {3, 2}), testing::HasSubstr("an axis of neither side"));
  EXPECT_THAT(refused("abc,cd->abd", {2}), testing::HasSubstr("give one extent each"));
  EXPECT_THAT(refused("abc,cd->abd", {5, 2}), testing::HasSubstr("make them agree"));
  EXPECT_THAT(refused("abc,cd->bad", {3, 2}), testing::HasSubstr("begin both with one axis"));
}

// Keras: softmax of the elements that count, 0 elsewhere, broadcast from behind.
TEST(Products, ASoftmaxTakesAMaskAsAnInput) {
  const Tensor x = Tensor{1, 2, 3, 4}.reshape({2, 2}), mask = Tensor{1, 0, 0, 0}.reshape({2, 2});
  const auto y = test::run_one({x, mask}, [](const auto& in) { return Softmax()->apply(in)[0]; });
  EXPECT_EQ(y.to_vector<float>(), (std::vector<float>{1, 0, 0, 0}));
}

TEST(Products, AReversibleEmbeddingLeadsBack) {
  const ReversibleEmbedding tied({.input_dim = 3, .output_dim = 2, .logit_soft_cap = 2});
  const ReversibleEmbedding loose({.input_dim = 3, .output_dim = 2, .tie_weights = false});
  const Tensor numbers = Tensor{2, 0}.reshape({1, 2}).to(DType::i64);
  const auto both_ways = [&](const ReversibleEmbedding& layer) {
    return test::run_one({numbers}, [&](const auto& in) { return layer(layer(in[0])); });
  };
  both_ways(tied), both_ways(loose);
  tied->weights()[0]->set_value(Tensor{1, 0, 0, 2, 3, 1}.reshape({3, 2}));
  const auto capped = [](double x) { return 2 * std::tanh(x / 2); };
  test::expect_close(both_ways(tied),
                     Tensor::from(std::vector<double>{capped(3), capped(2), capped(10), capped(1),
                                                      capped(0), capped(3)},
                                  {1, 2, 3})
                         .to(DType::f32));
  EXPECT_EQ(loose->weights()[1]->shape(), (Shape{2, 3}));
  loose->weights()[0]->set_value(Tensor{1, 0, 0, 2, 3, 1}.reshape({3, 2}));
  loose->weights()[1]->set_value(Tensor{1, 1, 0, 0, 1, 1}.reshape({2, 3}));
  test::expect_close(both_ways(loose), Tensor{3, 4, 1, 1, 1, 0}.reshape({1, 2, 3}));
}

// What a training step leaves: a kernel whose largest singular value is 1, as on TensorFlow.
TEST(Products, ASpectralNormalizationKeepsTheDividedKernel) {
  const SpectralNormalization layer({.layer = Dense({.units = 2, .use_bias = false})});
  const Tensor x = test::sample_tensor({4, 2}, DType::f32);
  const auto step = [&](bool training) {
    return test::run_one({x}, [&](const auto& in) { return layer(in[0]); }, {.training = training});
  };
  step(false);
  layer->weights()[0]->set_value(Tensor{0.6, 0.8}.reshape({1, 2}));
  const auto kernel = layer->weights()[1];
  kernel->set_value(Tensor{3, 0, 0, 4}.reshape({2, 2}));
  for (int i = 0; i < 40; ++i) step(true);
  test::expect_close(kernel->value(), Tensor{0.75, 0, 0, 1}.reshape({2, 2}), 1e-5, 1e-5);
  step(false);
  test::expect_close(kernel->value(), Tensor{0.75, 0, 0, 1}.reshape({2, 2}), 1e-5, 1e-5);
  kernel->set_value(Tensor::zeros({2, 2}));
  EXPECT_EQ(step(true).to_vector<float>(), std::vector<float>(8, 0.0f));
  EXPECT_THAT(error_of([] { SpectralNormalization({.layer = Softmax()})(Input({2})); }),
              testing::HasSubstr("has neither a kernel nor embeddings"));
}

TEST(Products, ALambdaIsAFunctionOfTheProgramOrRefused) {
  const Lambda twice([](const Value& x) { return x * 2.0; });
  EXPECT_EQ(twice(Tensor{1, 2}.reshape({1, 2})).to_vector<float>(), (std::vector<float>{2, 4}));
  const Lambda sum([](const std::vector<Value>& in) { return in[0] + in[1]; });
  EXPECT_EQ(sum->apply({Input({2}), Input({2})})[0].shape(), (Shape{kRows, 2}));

  const auto read = [](const test::Json& function) {
    return error_of([&] { make_layer(test::call_of("Lambda", {{"function", function}})); });
  };
  EXPECT_EQ(read({{"class_name", "function"}, {"config", "halve"}}), "");
  EXPECT_THAT(read("halv"), testing::HasSubstr("did you mean 'halve'"));
  EXPECT_THAT(read({{"class_name", "__lambda__"}, {"config", {{"code", "4wEAAAA="}}}}),
              testing::HasSubstr("Python code is never run"));
  EXPECT_THAT(error_of([&] { make_layer(layer_config(*twice)); }),
              testing::HasSubstr("is not of this program"));
  EXPECT_THAT(error_of([] { register_lambda("halve", [](const Value& x) { return x; }); }),
              testing::HasSubstr("is taken"));
  EXPECT_THAT(error_of([] { Lambda({.function = "halve", .output_shape = Shape{3}})(Input({2})); }),
              testing::HasSubstr("correct one of them"));
}

}  // namespace
}  // namespace tutti
