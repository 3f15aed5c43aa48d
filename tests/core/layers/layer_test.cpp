// What all layers do: names, sharing, freezing, configs, messages.
#include "core/layers/layer.h"

#include "core/base/seed.h"
#include "core/layers/activation_layers.h"
#include "core/layers/dense.h"
#include "core/layers/dropout.h"
#include "core/layers/input_layer.h"
#include "core/layers/layer_output.h"
#include "core/layers/merging.h"
#include "core/layers/reshaping.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

using test::error_of, test::run_one;

TEST(Layer, NamesAreKerass) {
  clear_session();
  const Dense first(1), second(1), named(DenseOptions{.units = 1}, "hidden");
  EXPECT_EQ(first->name(), "dense");
  EXPECT_EQ(second->name(), "dense_1");
  EXPECT_EQ(named->name(), "hidden");
  EXPECT_EQ(LeakyReLU()->name(), "leaky_re_lu");
  EXPECT_EQ(ELU()->name(), "elu");
  class MyBlock : public Layer {
   protected:
    std::vector<Value> call(const std::vector<Value>& inputs) override { return inputs; }
  };
  EXPECT_EQ(std::make_shared<MyBlock>()->name(), "my_block");
}

TEST(Layer, MergesOfOneInputAreTheInput) {
  const Tensor x = Tensor{{1, 2}, {3, 4}};
  for (const char* name : {"Add", "Multiply", "Average", "Maximum", "Minimum"})
    EXPECT_EQ(evaluate(make_layer(name)->apply({Value(x)})[0]).to_vector<float>(),
              x.to_vector<float>())
        << name;
}

TEST(Layer, IsBuiltAtItsFirstCallAndKnownFromItsOutput) {
  clear_session();
  const Dense dense(3, "relu");
  EXPECT_FALSE(dense->built());
  const Value x = Input({5}, "features");
  const Value y = dense(x);
  EXPECT_TRUE(dense->built());
  EXPECT_EQ(to_string(y.shape()), "(None, 3)");
  EXPECT_EQ(dense->count_params(), 18);
  EXPECT_EQ(dense->weights()[0]->name(), "dense/kernel");
  dense->set_name("first");
  EXPECT_EQ(dense->weights()[1]->name(), "first/bias");
  ASSERT_NE(layer_call_of(y), nullptr);
  EXPECT_EQ(layer_call_of(y)->layer.get(), &*dense);
  EXPECT_EQ(layer_call_of(y)->inputs[0], x);
  EXPECT_EQ(layer_call_of(unmarked(y)), nullptr);
  EXPECT_EQ(unmarked(y).node()->scope, "dense");
}

TEST(Layer, SharedOnAnotherWidthNamesBothLayersAndShapes) {
  const Dense shared({.units = 2}, "shared");
  shared(Input({8}, "eight"));
  shared(Input({8}, "also_eight"));
  EXPECT_EQ(
      error_of([&] { shared(Input({10}, "ten")); }),
      "[shared] was built for shape (None, 8) by its first call on layer 'eight', and cannot take "
      "shape (None, 10) from layer 'ten'; use another layer for it, or give both inputs one width");
}

TEST(Layer, ImpossibleShapesNameLayersAndShapes) {
  const Value a = Input({3}, "a"), b = Input({4}, "b");
  const Add add({}, "sum");
  const std::string message = error_of([&] { add({a, b}); });
  for (const char* part : {"[sum]", "(None, 3) from layer 'a'", "(None, 4) from layer 'b'"})
    EXPECT_NE(message.find(part), std::string::npos) << message;
  EXPECT_EQ(error_of([&] {
              Concatenate({.axis = 1}, "join")({a, Input({2, 2}, "c")});
            }),
            "[join] called on (None, 3) from layer 'a', (None, 2, 2) from layer 'c': [Concatenate] "
            "shapes "
            "(None, 3) and (None, 2, 2) differ off axis 1; make the other extents equal");
  EXPECT_EQ(error_of([&] {
              Reshape({2, -1}, "fold")(a);
            }),
            "[fold] cannot give 3 elements of a row of (None, 3) the shape [2, -1]; make the "
            "products equal");
  EXPECT_EQ(error_of([&] {
              Dense({.units = 2}, "d")({a, b});
            }),
            "[d] takes one input of rank 2 or more, got 2 inputs; Reshape it to (rows, width)");
}

TEST(Layer, FreezesItsWeights) {
  const Dense dense({.units = 2, .kernel_regularizer = "l2"});
  dense->set_trainable(false);
  dense(Input({3}));
  EXPECT_TRUE(dense->trainable_weights().empty());
  EXPECT_TRUE(dense->regularization_losses().empty());
  dense->set_trainable(true);
  EXPECT_EQ(dense->trainable_weights().size(), 2u);
  EXPECT_EQ(dense->regularization_losses().size(), 1u);
}

TEST(Layer, CommonKeysAreReadFromAnyConfig) {
  Config config = test::call_of("Dense", {{"units", 2},
                                          {"name", "head"},
                                          {"trainable", false},
                                          {"dtype", "float64"},
                                          {"input_dim", 7}});
  const auto layer = make<Layer>(config);
  EXPECT_EQ(layer->name(), "head");
  EXPECT_FALSE(layer->trainable());
  EXPECT_EQ(layer->dtype(), DType::f64);
  EXPECT_EQ(layer->input_shape(), Shape({7}));
  EXPECT_EQ(layer_config(*make_layer(layer_config(*layer))), layer_config(*layer));
  const auto flat = make_layer(test::call_of("Flatten", {{"batch_input_shape", {nullptr, 2, 3}}}));
  EXPECT_EQ(flat->input_shape(), Shape({2, 3}));
  const Config keras = test::config_of(
      {{"class_name", "Dense"},
       {"config",
        {{"name", "k"},
         {"units", 4},
         {"activation", "relu"},
         {"kernel_initializer", {{"class_name", "HeNormal"}, {"config", {{"seed", nullptr}}}}},
         {"dtype", {{"class_name", "DTypePolicy"}, {"config", {{"name", "float32"}}}}}}}});
  EXPECT_EQ(make_layer(keras)->name(), "k");
}

TEST(Layer, RefusesUnknownAndWrongArguments) {
  EXPECT_NE(error_of([] {
              make_layer(test::call_of("Dense", {{"unit", 3}}));
            }).find("did you mean 'units'"),
            std::string::npos);
  EXPECT_NE(error_of([] { make_layer("Dens"); }).find("did you mean 'Dense'"), std::string::npos);
  EXPECT_NE(error_of([] { make_layer("Dense"); }).find("needs 'units'"), std::string::npos);
  EXPECT_EQ(error_of([] { Dense(0); }), "[Dense] units is 0; use one neuron or more");
  EXPECT_EQ(error_of([] { Dropout(1.5); }), "[Dropout] rate is 1.5; use a number from 0 to 1");
  EXPECT_NE(error_of([] { Dense({.units = 2, .activation = "relo"}); }).find("did you mean 'relu'"),
            std::string::npos);
}

TEST(Layer, DropoutZeroesAndScalesOnlyWhileTraining) {
  const Tensor x = Tensor::full({64, 32}, 1.0);
  const Dropout dropout(0.25);
  const auto apply = [&](const auto& in) { return dropout(in[0]); };
  EXPECT_EQ(run_one({x}, apply).to_vector<float>(), x.to_vector<float>());
  const auto y = run_one({x}, apply, {.training = true}).to_vector<float>();
  const auto zeros = std::count(y.begin(), y.end(), 0.0f);
  EXPECT_NEAR(static_cast<double>(zeros) / 2048, 0.25, 0.04);
  for (const float value : y) EXPECT_TRUE(value == 0.0f || std::abs(value - 4.0f / 3) < 1e-6);
  const Dropout columns({.rate = 0.5, .noise_shape = Shape({kRows, 1})});
  const auto whole =
      run_one({x}, [&](const auto& in) { return columns(in[0]); }, {.training = true})
          .to_vector<float>();
  for (size_t i = 0; i < whole.size(); ++i) EXPECT_EQ(whole[i], whole[i / 32 * 32]);
}

TEST(Layer, CallsAtOnceOnATensor) {
  const Dense dense({.units = 2, .kernel_initializer = "ones"});
  const Tensor y = dense(Tensor{{1, 2}, {3, 4}});
  EXPECT_EQ(y.to_vector<double>(), (std::vector<double>{3, 3, 7, 7}));
}

}  // namespace
}  // namespace tutti
