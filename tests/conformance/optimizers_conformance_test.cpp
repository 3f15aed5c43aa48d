// What every registered optimizer keeps: it goes downhill, its update is elementwise (a parameter
// moves alike alone and among others), a step without gradient and history stays, it comes back
// from its config and its state.
#include "core/optimizers/optimizer.h"

#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "tests/conformance/graph_runner.h"
#include "tests/conformance/optimizer_config.h"

namespace tutti {
namespace {

// One step on the sum of (v - 1)^2; the loss before it.
double descend(Optimizer& optimizer, const std::vector<VariablePtr>& variables) {
  return test::run_one({Tensor::zeros({1})},
                       [&](const auto&) {
                         Value loss;
                         std::vector<Value> reads;
                         for (const auto& variable : variables) {
                           reads.push_back(variable->read());
                           const Value term = reduce_sum(square(reads.back() - 1.0));
                           loss = loss.defined() ? loss + term : term;
                         }
                         optimizer.apply(split_gradients(optimizer.scale_loss(loss), reads),
                                         ShardLayout{});
                         return loss;
                       },
                       {.training = true})
      .item();
}

std::shared_ptr<Optimizer> make_with(const KindInfo& kind,
                                     const test::Json& arguments = test::Json::object()) {
  return make<Optimizer>(test::optimizer_config(kind, arguments));
}

// A rate that suits one kind is slow for another: the better of two counts.
TEST(OptimizerConformance, GoesDownhill) {
  for (const KindInfo* kind : kinds_of("optimizer")) {
    SCOPED_TRACE(kind->name);
    double best = 1.0;
    for (const double rate : {0.05, 1.0}) {
      const auto optimizer = make_with(*kind, {{"learning_rate", rate}});
      const std::vector<VariablePtr> variables = {make_variable("a", Tensor{-2, 3}),
                                                  make_variable("b", Tensor{{0, 2}, {4, -1}})};
      optimizer->build(variables, local_reducer());
      const double first = descend(*optimizer, variables);
      for (int i = 0; i < 200; ++i) descend(*optimizer, variables);
      best = std::min(best, descend(*optimizer, variables) / first);
      EXPECT_EQ(optimizer->iterations(), 202);
    }
    EXPECT_LT(best, 0.8);
  }
}

TEST(OptimizerConformance, AParameterMovesAlikeAloneAndAmongOthers) {
  for (const KindInfo* kind : kinds_of("optimizer")) {
    SCOPED_TRACE(kind->name);
    const auto alone = make_with(*kind), together = make_with(*kind);
    const std::vector<VariablePtr> one = {make_variable("a", Tensor{-2, 3})};
    const std::vector<VariablePtr> two = {make_variable("b", Tensor{5, 6, 7}),
                                          make_variable("a", Tensor{-2, 3})};
    alone->build(one, local_reducer());
    together->build(two, local_reducer());
    for (int i = 0; i < 5; ++i) descend(*alone, one), descend(*together, two);
    EXPECT_EQ(one[0]->value().to_vector<float>(), two[1]->value().to_vector<float>());
  }
}

TEST(OptimizerConformance, StaysWithoutGradient) {
  for (const KindInfo* kind : kinds_of("optimizer")) {
    const auto optimizer = make_with(*kind, {{"weight_decay", 0.0}});  // AdamW decays unless told
    const std::vector<VariablePtr> variables = {make_variable("a", Tensor{{1, 1}})};
    optimizer->build(variables, local_reducer());
    descend(*optimizer, variables);
    if (!optimizer->moves_parameters()) continue;
    EXPECT_EQ(variables[0]->value().to_vector<float>(), (std::vector<float>{1, 1})) << kind->name;
  }
}

TEST(OptimizerConformance, GoesOnFromItsState) {
  for (const KindInfo* kind : kinds_of("optimizer")) {
    SCOPED_TRACE(kind->name);
    const auto first = make_with(*kind);
    const auto second = make<Optimizer>(kind_config(*first));
    EXPECT_EQ(kind_config(*second), kind_config(*first));
    const std::vector<VariablePtr> a = {make_variable("a", Tensor{-2, 3})},
                                   b = {make_variable("a", Tensor{0, 0})};
    first->build(a, local_reducer());
    second->build(b, local_reducer());
    for (int i = 0; i < 3; ++i) descend(*first, a);
    ASSERT_EQ(first->variables().size(), second->variables().size());
    for (size_t i = 0; i < first->variables().size(); ++i)
      second->variables()[i]->set_value(first->variables()[i]->value());
    b[0]->set_value(a[0]->value());
    for (int i = 0; i < 3; ++i) descend(*first, a), descend(*second, b);
    EXPECT_EQ(a[0]->value().to_vector<float>(), b[0]->value().to_vector<float>());
  }
}

TEST(OptimizerConformance, DecayAndClippingAreEveryOnes) {
  for (const KindInfo* kind : kinds_of("optimizer")) {
    SCOPED_TRACE(kind->name);
    // Without a gradient only the decay moves: 1% of the rate.
    const auto optimizer = make_with(*kind, {{"learning_rate", 0.5}, {"weight_decay", 0.02}});
    const std::vector<VariablePtr> variables = {make_variable("a", Tensor{{1, 1}})};
    optimizer->build(variables, local_reducer());
    descend(*optimizer, variables);
    if (!optimizer->moves_parameters()) continue;
    EXPECT_FLOAT_EQ(variables[0]->value().to_vector<float>()[0], 0.99f);
  }
}

}  // namespace
}  // namespace tutti
