// LossScaleOptimizer: steps with gradients that are not finite are passed over, and the scale
// follows.
#include "core/optimizers/loss_scale_optimizer.h"

#include "core/ops/elementwise.h"
#include "core/optimizers/adam.h"
#include "core/optimizers/sgd.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

// A step on a loss whose gradient is `slope`.
void step(Optimizer& optimizer, const VariablePtr& variable, const Tensor& slope) {
  test::run_traced({Tensor::zeros({1})}, [&](const auto& in) {
    const Value loss = optimizer.scale_loss(Value(Tensor::full({}, 1.0, DType::f32)));
    optimizer.apply({{Value(), Value(slope) * loss}}, ShardLayout{});
    return in;
  });
  (void)variable;
}

TEST(LossScaleOptimizer, PassesOverWhatIsNotFiniteAndHalves) {
  LossScaleOptimizer optimizer(
      {.inner_optimizer = SGD({.learning_rate = 0.5, .momentum = 0.5, .loss_scale_factor = 3.0}),
       .initial_scale = 1024,
       .dynamic_growth_steps = 2});
  const auto variable = make_variable("v", Tensor{1, 2});
  optimizer.build({variable}, local_reducer());
  step(optimizer, variable, Tensor{1, 2});
  EXPECT_EQ(variable->value().to_vector<double>(), (std::vector<double>{0.5, 1}));
  EXPECT_EQ(optimizer.scale(), 1024);
  for (const double wrong : {double(INFINITY), double(NAN)})
    step(optimizer, variable, Tensor{wrong, 0});
  EXPECT_EQ(variable->value().to_vector<double>(), (std::vector<double>{0.5, 1}));
  EXPECT_EQ(optimizer.scale(), 256);
  EXPECT_EQ(optimizer.iterations(), 1);
  // The momentum is that of the first step: -0.5 and -1, halved, less the new step.
  step(optimizer, variable, Tensor{1, 2});
  EXPECT_EQ(variable->value().to_vector<double>(), (std::vector<double>{-0.25, -0.5}));
  EXPECT_EQ(optimizer.scale(), 256);
  step(optimizer, variable, Tensor{0, 0});  // the second finite one in a row
  EXPECT_EQ(optimizer.scale(), 512);
  EXPECT_EQ(optimizer.iterations(), 3);
}

TEST(LossScaleOptimizer, CountsNoStepTowardsAccumulationThatItPassesOver) {
  LossScaleOptimizer optimizer(
      {.inner_optimizer = SGD({.learning_rate = 1.0, .gradient_accumulation_steps = 2}),
       .initial_scale = 4});
  const auto variable = make_variable("v", Tensor{8});
  optimizer.build({variable}, local_reducer());
  step(optimizer, variable, Tensor{2});
  step(optimizer, variable, Tensor{double(INFINITY)});
  EXPECT_EQ(variable->value().item(), 8);
  step(optimizer, variable, Tensor{4});
  EXPECT_EQ(variable->value().item(), 5);  // the mean of 2 and 4
}

TEST(LossScaleOptimizer, ComesFromAConfigWithItsInnerOne) {
  const auto optimizer = make<Optimizer>(
      test::call_of("LossScaleOptimizer", {{"inner_optimizer", {{"Adam", {{"beta_1", 0.5}}}}}}));
  EXPECT_EQ(kind_config(*make<Optimizer>(kind_config(*optimizer))), kind_config(*optimizer));
  optimizer->set_learning_rate(0.25);
  EXPECT_EQ(optimizer->learning_rate(), 0.25);
  EXPECT_NE(test::error_of([] { make<Optimizer>("LossScaleOptimizer"); }).find("inner_optimizer"),
            std::string::npos);
  EXPECT_NE(
      test::error_of([] {
        LossScaleOptimizer({.inner_optimizer = LossScaleOptimizer({.inner_optimizer = Adam()})});
      }).find("wraps another"),
      std::string::npos);
}

}  // namespace
}  // namespace tutti
