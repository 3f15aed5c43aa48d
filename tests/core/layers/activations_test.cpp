// Activations against Keras, their gradients, and what stands where one is wanted.
#include "core/activations/activation.h"

#include "core/activations/relu.h"
#include "core/base/error.h"
#include "core/graph/gradient.h"
#include "core/layers/activation_layers.h"
#include "core/layers/dense.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "tests/conformance/examples.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

using test::golden, test::run_one;

const test::EnterLayer kActivationLayers[] = {
    {"Activation", {.arguments = {{"activation", "sigmoid"}}, .inputs = {{5, 4}}}},
    {"ReLU", {.arguments = {{"negative_slope", 0.1}}, .inputs = {{5, 4}}}},
    {"LeakyReLU", {.inputs = {{5, 4}}}},
    {"ELU", {.inputs = {{5, 4}}}},
    {"Softmax", {.inputs = {{5, 4}}}},
};

TEST(Activations, EqualKeras) {
  const auto data = golden("activations");
  const Tensor x = test::tensor_of(data["x"]);
  for (const auto& item : data["cases"]) {
    SCOPED_TRACE(item["name"].get<std::string>() + item["arguments"].dump());
    const auto activation =
        make<ActivationFunction>(test::call_of(item["name"].get<std::string>(), item["arguments"]));
    const Tensor y = run_one({x}, [&](const auto& in) { return (*activation)(in[0]); });
    test::expect_close(y, item["y"], 2e-6, 1e-6);
  }
}

TEST(Activations, EveryOneHasTheGradientOfItsValues) {
  const Tensor x = test::sample_tensor({3, 4});
  constexpr double step = 1e-6;
  for (const KindInfo* kind : kinds_of("activation")) {
    SCOPED_TRACE(kind->name);
    Config::Map required;
    for (const auto& argument : kind->arguments)
      if (argument.required) required.emplace_back(argument.name, 0.5);
    const auto activation =
        make<ActivationFunction>(Config(Config::Map{{kind->name, Config(required)}}));
    const auto value = [&](const Value& in) {
      return reduce_sum(square((*activation)(in)) + (*activation)(in));
    };
    const Tensor gradient =
        run_one({x}, [&](const auto& in) { return gradients(sum_rows(value(in[0])), {in[0]})[0]; });
    for (int64_t i = 0; i < x.elements(); ++i) {
      double sides[2];
      for (int side = 0; side < 2; ++side) {
        const Tensor moved = x.clone();
        moved.span<double>()[static_cast<size_t>(i)] += side == 0 ? -step : step;
        sides[side] = run_one({moved}, [&](const auto& in) { return value(in[0]); }).item();
      }
      EXPECT_NEAR(gradient.to_vector<double>()[static_cast<size_t>(i)],
                  (sides[1] - sides[0]) / (2 * step), 1e-5);
    }
  }
}

TEST(Activations, ComeBackFromTheirConfig) {
  const ReluActivation relu({.negative_slope = 0.1, .max_value = 3.0});
  const Config config = kind_config(relu);
  EXPECT_EQ(to_string(config), "{relu: {negative_slope: 0.1, max_value: 3.0, threshold: 0.0}}");
  EXPECT_EQ(kind_config(*make<ActivationFunction>(config)), config);
  EXPECT_EQ(kind_config(*make<ActivationFunction>("swish")), Config("silu"));
}

TEST(Activations, ALayerCanStandForOne) {
  const Dense dense({.units = 2, .activation = LeakyReLU({0.5}, "leaky_re_lu")});
  const Config config = kind_config(*dense);
  const Config* activation = config.find("Dense")->find("activation");
  ASSERT_NE(activation, nullptr);
  EXPECT_EQ(to_string(*activation), "{LeakyReLU: {name: leaky_re_lu, negative_slope: 0.5}}");
  const auto again = make_layer(config);
  EXPECT_EQ(kind_config(*again), config);
  ASSERT_EQ(again->sublayers().size(), 1u);
  const Dense plain({.units = 2, .activation = "linear"});
  const Tensor x = test::sample_tensor({3, 2}, DType::f32);
  const Tensor linear = run_one({x}, [&](const auto& in) { return plain(in[0]); });
  again->apply({Value(x)});
  again->weights()[0]->set_value(plain->weights()[0]->value());
  const Tensor y = run_one({x}, [&](const auto& in) { return again->apply({in[0]})[0]; });
  for (size_t i = 0; i < 6; ++i) {
    const double z = linear.to_vector<double>()[i];
    EXPECT_FLOAT_EQ(y.to_vector<double>()[i], z > 0 ? z : 0.5 * z);
  }
}

TEST(Activations, AFunctionCanStandForOne) {
  const Dense dense({.units = 2,
                     .activation = [](const Value& x) { return x * 0.0 + 7.0; },
                     .kernel_initializer = "ones"});
  const Tensor y = run_one({test::sample_tensor({3, 2}, DType::f32)},
                           [&](const auto& in) { return dense(in[0]); });
  EXPECT_EQ(y.to_vector<double>(), std::vector<double>(6, 7.0));
}

TEST(Activations, RefuseWrongArguments) {
  EXPECT_EQ(test::error_of([] {
              make<ActivationFunction>(test::call_of("celu", {{"alpha", 0}}));
            }),
            "[celu] alpha is 0, which divides x; use another number");
  EXPECT_NE(test::error_of([] {
              (*make<ActivationFunction>("glu"))(make_input("x", {kRows, 3}));
            }).find("cannot halve axis -1 of (None, 3)"),
            std::string::npos);
  EXPECT_EQ(test::error_of([] { ReluActivation({.negative_slope = -1.0}); }),
            "[relu] negative_slope is -1; use 0 or more");
  EXPECT_NE(test::error_of([] { make<ActivationFunction>("rellu"); }).find("did you mean 'relu'"),
            std::string::npos);
}

}  // namespace
}  // namespace tutti
