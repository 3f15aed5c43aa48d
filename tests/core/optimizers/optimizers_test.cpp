// Optimizers against Keras on given gradients, and the state they keep.
#include "core/optimizers/optimizer.h"

#include "core/graph/parameter_group.h"
#include "core/optimizers/adam.h"
#include "core/optimizers/sgd.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

using test::error_of, test::golden, test::Json;

std::vector<VariablePtr> variables_of(const Json& start, DType dtype = DType::f32) {
  std::vector<VariablePtr> variables;
  for (const auto& value : start)
    variables.push_back(
        make_variable("v" + std::to_string(variables.size()), test::tensor_of(value).to(dtype)));
  return variables;
}

// One update with these gradients.
void step(Optimizer& optimizer, const std::vector<Tensor>& gradients) {
  test::run_traced({Tensor::zeros({1})}, [&](const auto& in) {
    std::vector<Gradient> all;
    for (const auto& gradient : gradients) all.push_back({Value(), Value(gradient)});
    optimizer.apply(all, ShardLayout{});
    return in;
  });
}

TEST(Optimizers, EqualKeras) {
  const auto data = golden("optimizers");
  for (const auto& item : data["cases"]) {
    SCOPED_TRACE(item["name"].get<std::string>() + item["arguments"].dump());
    const auto optimizer =
        make<Optimizer>(test::call_of(item["name"].get<std::string>(), item["arguments"]));
    const auto variables = variables_of(data["start"]);
    optimizer->build(variables, local_reducer());
    for (size_t i = 0; i < data["gradients"].size(); ++i) {
      std::vector<Tensor> gradients;
      for (const auto& gradient : data["gradients"][i])
        gradients.push_back(test::tensor_of(gradient));
      step(*optimizer, gradients);
      for (size_t v = 0; v < variables.size(); ++v) {
        SCOPED_TRACE("step " + std::to_string(i) + " variable " + std::to_string(v));
        // Keras takes Adam's bias corrections in f32, which costs 1e-5 of an update.
        test::expect_close(variables[v]->value(), item["after"][i][v], 2e-6, 1e-6);
      }
    }
    EXPECT_EQ(optimizer->iterations(),
              5 / item["arguments"].value("gradient_accumulation_steps", 1));
  }
}

TEST(Optimizers, SlotsAreKnownBeforeTheFirstStep) {
  const auto names = [](Optimizer&& optimizer) {
    optimizer.build({make_variable("v", Tensor{1, 2, 3})}, local_reducer());
    std::string text;
    for (const auto& variable : optimizer.variables()) text += variable->name().substr(10) + " ";
    return text;
  };
  EXPECT_EQ(names(SGD()), "iteration learning_rate ");
  EXPECT_EQ(names(SGD({.momentum = 0.9})), "iteration learning_rate momentum ");
  EXPECT_EQ(names(Adam({.amsgrad = true})),
            "iteration learning_rate momentum velocity velocity_hat ");
  EXPECT_EQ(names(Adam({.use_ema = true, .gradient_accumulation_steps = 2})),
            "iteration learning_rate average gradient_accumulator momentum velocity ");
}

TEST(Optimizers, AveragesReplaceTheVariablesAtTheEnd) {
  SGD sgd({.learning_rate = 1.0, .use_ema = true, .ema_momentum = 0.75});
  const auto variable = make_variable("v", Tensor{8, 4});
  sgd.build({variable}, local_reducer());
  step(sgd, {Tensor{4, 0}});
  step(sgd, {Tensor{4, 4}});
  EXPECT_EQ(variable->value().to_vector<double>(), (std::vector<double>{0, 0}));
  sgd.finalize_variable_values(local_reducer());
  EXPECT_EQ(variable->value().to_vector<double>(), (std::vector<double>{3, 3}));
  SGD plain(LearningRate(1.0));
  plain.build({variable}, local_reducer());
  plain.finalize_variable_values(local_reducer());
  EXPECT_EQ(variable->value().to_vector<double>(), (std::vector<double>{3, 3}));
}

TEST(Optimizers, DecayLeavesOutWhatIsExcluded) {
  SGD sgd({.learning_rate = 0.5, .weight_decay = 0.5});
  const auto kernel = make_variable("bias_layer/kernel", Tensor{1, 1}),
             bias = make_variable("dense/bias", Tensor{1}),
             scale = make_variable("dense/scale", Tensor{1});
  sgd.exclude_from_weight_decay({scale}, {"bias"});
  sgd.build({kernel, bias, scale}, local_reducer());
  step(sgd, {Tensor{0, 0}, Tensor{0}, Tensor{0}});
  EXPECT_EQ(kernel->value().to_vector<double>(), (std::vector<double>{0.75, 0.75}));
  EXPECT_EQ(bias->value().to_vector<double>(), (std::vector<double>{1}));
  EXPECT_EQ(scale->value().to_vector<double>(), (std::vector<double>{1}));
  EXPECT_NE(error_of([&] { sgd.exclude_from_weight_decay({}, {"kernel"}); }).find("first step"),
            std::string::npos);
}

TEST(Optimizers, TheRateCanBeSetBetweenSteps) {
  SGD sgd(LearningRate(0.5));
  const auto variable = make_variable("v", Tensor{1, 2});
  sgd.build({variable}, local_reducer());
  EXPECT_EQ(sgd.learning_rate(), 0.5);
  sgd.set_learning_rate(0.25);
  step(sgd, {Tensor{4, 8}});
  EXPECT_EQ(variable->value().to_vector<double>(), (std::vector<double>{0, 0}));
  EXPECT_EQ(sgd.learning_rate(), 0.25);
}

TEST(Optimizers, ANormThatIsNotFiniteIsNotHidden) {
  SGD sgd({.global_clipnorm = 1.0});
  const auto variable = make_variable("v", Tensor{1, 2});
  sgd.build({variable}, local_reducer());
  step(sgd, {Tensor{INFINITY, 0}});
  EXPECT_TRUE(std::isnan(variable->value().to_vector<double>()[0]));
}

TEST(Optimizers, RefuseWrongArguments) {
  EXPECT_EQ(error_of([] { SGD({.momentum = 2}); }),
            "[SGD] momentum is 2; use a number from 0 to 1");
  EXPECT_EQ(error_of([] { Adam({.beta_1 = 1}); }),
            "[Adam] beta_1 is 1; use a number from 0 to below 1");
  EXPECT_NE(error_of([] { Adam({.clipnorm = 1, .clipvalue = 1}); }).find("exclude each other"),
            std::string::npos);
  EXPECT_NE(error_of([] { Adam({.clipnorm = -1}); }).find("clipnorm is -1"), std::string::npos);
  EXPECT_NE(error_of([] { AdamW({.weight_decay = std::nullopt}); }).find("use Adam"),
            std::string::npos);
  EXPECT_NE(error_of([] { make<Optimizer>("adm"); }).find("did you mean 'Adam'"),
            std::string::npos);
  EXPECT_EQ(error_of([] { SGD({.gradient_accumulation_steps = 1}); }),
            "[optimizer] gradient_accumulation_steps is 1; use 2 or more, or leave it out");
  EXPECT_EQ(error_of([] { SGD({.ema_momentum = 1.5}); }),
            "[optimizer] ema_momentum is 1.5; use a number from 0 to 1");
  SGD built;
  built.build({make_variable("v", Tensor{1, 2})}, local_reducer());
  EXPECT_NE(error_of([&] {
              built.build({make_variable("v", Tensor{1, 2})}, local_reducer());
            }).find("another one"),
            std::string::npos);
}

}  // namespace
}  // namespace tutti
