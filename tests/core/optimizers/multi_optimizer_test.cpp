// MultiOptimizer: each variable goes by the optimizer that its name says.
#include "core/optimizers/multi_optimizer.h"

#include "core/optimizers/loss_scale_optimizer.h"
#include "core/optimizers/sgd.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

void unit_step(Optimizer& optimizer, size_t variables) {
  test::run_traced({Tensor::zeros({1})}, [&](const auto& in) {
    const Value slope = optimizer.scale_loss(Value(Tensor::full({1}, 1.0, DType::f32)));
    optimizer.apply(std::vector<Gradient>(variables, {Value(), slope}), ShardLayout{});
    return in;
  });
}

TEST(MultiOptimizer, DealsVariablesByTheirNames) {
  MultiOptimizer optimizer({.optimizer_map = {{"dense/.*", SGD(LearningRate(0.5))},
                                              {"dense/bias", SGD(LearningRate(0.25))}},
                            .loss_scale_factor = 8.0,
                            .default_optimizer = SGD(LearningRate(0.125))});
  const std::vector<VariablePtr> variables = {make_variable("dense/kernel", Tensor{1}),
                                              make_variable("other/kernel", Tensor{1}),
                                              make_variable("dense/bias", Tensor{1})};
  optimizer.build(variables, local_reducer());
  EXPECT_EQ(optimizer.trained(), variables);
  unit_step(optimizer, 3);
  EXPECT_EQ(variables[0]->value().item(), 0.5);
  EXPECT_EQ(variables[1]->value().item(), 0.875);
  EXPECT_EQ(variables[2]->value().item(), 0.75);  // the whole name before patterns
  EXPECT_EQ(optimizer.iterations(), 1);
  EXPECT_EQ(optimizer.learning_rate(), 0.5);
  optimizer.set_learning_rate(0.25);  // the others are halved, too
  unit_step(optimizer, 3);
  EXPECT_EQ(variables[0]->value().item(), 0.25);
  EXPECT_EQ(variables[1]->value().item(), 0.8125);
  EXPECT_EQ(variables[2]->value().item(), 0.625);
}

TEST(MultiOptimizer, RefusesWhatIsNotClear) {
  const auto built = [](std::map<std::string, Ref<Optimizer>> map) {
    return test::error_of([&] {
      MultiOptimizer({.optimizer_map = map})
          .build({make_variable("dense/kernel", Tensor{1})}, local_reducer());
    });
  };
  EXPECT_EQ(built({{"conv/.*", "sgd"}}),
            "[MultiOptimizer] no key matches variable 'dense/kernel'; add one, or a "
            "default_optimizer");
  EXPECT_NE(built({{"dense.*", "sgd"}, {".*kernel", "adam"}}).find("2 keys match"),
            std::string::npos);
  EXPECT_NE(built({{"(", "sgd"}}).find("no regular expression"), std::string::npos);
  EXPECT_NE(built({{".*", LossScaleOptimizer({.inner_optimizer = "sgd"})}}).find("wraps others"),
            std::string::npos);
}

}  // namespace
}  // namespace tutti
