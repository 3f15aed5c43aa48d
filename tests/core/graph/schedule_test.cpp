// State inside a step: late readers see the version they read, whatever was written since.
#include "core/graph/schedule.h"

#include "core/graph/gradient.h"
#include "core/graph/passes/passes.h"
#include "core/graph/variable.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/matmul.h"
#include "core/ops/reduce.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

using test::run_one, test::run_traced, test::sample_tensor;

TEST(Schedule, ALateReaderOfAnOldVersionGetsIt) {
  const auto w = make_variable("w", Tensor{1, 2, 3});
  for (int step = 0; step < 3; ++step) {
    const auto start = w->value().to_vector<float>();
    const auto outputs = run_traced({sample_tensor({1, 3}, DType::f32)}, [&](const auto&) {
      const Value old = w->read();
      w->assign(old * 2);
      const Value doubled = w->read();
      w->assign(doubled + 1);
      const Value newest = w->read();
      // Read after both writes, in the order that invites mistakes.
      return std::vector<Value>{newest * 1, doubled * 1, old * 1,
                                reduce_sum(old) + reduce_sum(newest)};
    });
    double total = 0;
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(outputs[2].to_vector<float>()[i], start[i]);
      EXPECT_EQ(outputs[1].to_vector<float>()[i], 2 * start[i]);
      EXPECT_EQ(outputs[0].to_vector<float>()[i], 2 * start[i] + 1);
      EXPECT_EQ(w->value().to_vector<float>()[i], 2 * start[i] + 1);
      total += 3 * start[i] + 1;
    }
    EXPECT_EQ(outputs[3].item(), total);
  }
}

TEST(Schedule, TwoVariablesCanSwap) {
  const auto a = make_variable("a", Tensor{1, 2}), b = make_variable("b", Tensor{3, 4});
  run_traced({sample_tensor({1, 1}, DType::f32)}, [&](const auto&) {
    const Value x = a->read(), y = b->read();
    a->assign(y * 1);
    b->assign(x * 1);
    return std::vector<Value>{};
  });
  EXPECT_EQ(a->value().to_vector<float>(), (std::vector<float>{3, 4}));
  EXPECT_EQ(b->value().to_vector<float>(), (std::vector<float>{1, 2}));
}

TEST(Schedule, AnAssignWhoseOldValueNobodyWantsWritesInPlace) {
  const auto w = make_variable("w", Tensor{1, 2, 3});
  const Trace trace;
  w->assign(w->read() * 2 + 1);
  const Schedule schedule = schedule_step(lower({{}, {}, trace.effects()}, true));
  EXPECT_EQ(schedule.direct.size(), 1u);
  for (const auto& node : schedule.order) EXPECT_NE(node->op->name(), "copy");
}

// What a meeting is not needed for is done before it, even if it was traced later.
TEST(Schedule, RanksMeetAfterAllThatCanBeDoneBefore) {
  const Value x = make_input("x", {kRows, 3});
  const Value sum = sum_rows(reduce_sum(x, {0})) * 2;
  const Schedule schedule = schedule_step({{x}, {sum, exp(x)}, {}});
  std::vector<std::string> ops;
  for (const auto& node : schedule.order) ops.emplace_back(node->op->name());
  const auto at = [&](std::string_view name) { return std::ranges::find(ops, name) - ops.begin(); };
  EXPECT_LT(at("exp"), at("sum_rows"));
  EXPECT_LT(at("sum_rows"), at("mul"));
  EXPECT_LT(at("mul"), std::ssize(ops));
}

// A counter that is read late is not written early: no copy of it is needed.
TEST(Schedule, AnAssignStaysBehindTheMeetingsBeforeIt) {
  const auto w = make_variable("w", Tensor{1, 2, 3});
  const Value x = make_input("x", {kRows, 3});
  const Trace trace;
  const Value out = sum_rows(reduce_sum(x, {0})) * w->read();
  w->assign(w->read() + 1);
  const Schedule schedule = schedule_step(lower({{x}, {out}, trace.effects()}, true));
  for (const auto& node : schedule.order) EXPECT_NE(node->op->name(), "copy");
}

// The gradient of every weight comes right behind that of the rows it sums: no layer's rows wait
// for the first layer's.
TEST(Schedule, RowsAreSummedAsSoonAsTheyAreThere) {
  const Trace trace;
  std::vector<Value> weights;
  std::vector<VariablePtr> variables;
  const Value x = make_input("x", {kRows, 4});
  Value y = x;
  for (int layer = 0; layer < 5; ++layer) {
    variables.push_back(make_variable("w", Tensor::full({4, 4}, 0.5)));
    weights.push_back(variables.back()->read());
    y = tanh(matmul(y, weights.back()));
  }
  const auto slopes = gradients(reduce_sum(square(y)), weights);
  for (size_t i = 0; i < slopes.size(); ++i) variables[i]->assign(slopes[i]);
  const Schedule schedule = schedule_step(lower({{x}, {}, trace.effects()}, true));
  int sums = 0;
  for (size_t i = 1; i < schedule.order.size(); ++i) {
    if (schedule.order[i]->outputs[0].kind != ValueKind::partial) continue;
    const auto& inputs = schedule.order[i]->inputs;
    EXPECT_TRUE(std::ranges::any_of(
        inputs, [&](const Value& input) { return input.node() == schedule.order[i - 1]; }));
    ++sums;
  }
  EXPECT_EQ(sums, 5);
}

int count_ops(const Graph& graph, std::string_view name) {
  int count = 0;
  for (const auto& node : topological_order(graph)) count += node->op->name() == name;
  return count;
}

TEST(Passes, PhaseIsChosen) {
  const Value x = make_input("x", {kRows, 2});
  const Graph graph{{x}, {in_training(x * 2, x * 3)}, {}};
  const Tensor data = sample_tensor({2, 2}, DType::f32);
  const auto run = [&](bool training) {
    return run_one({data}, [](const auto& in) { return in_training(in[0] * 2, in[0] * 3); },
                   {.training = training})
        .to_vector<float>();
  };
  EXPECT_EQ(count_ops(select_phase(graph, true), "in_training"), 0);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(run(true)[i], 2 * data.to_vector<float>()[i]);
    EXPECT_EQ(run(false)[i], 3 * data.to_vector<float>()[i]);
  }
}

TEST(Passes, EqualNodesBecomeOneAndElementwiseOnesOneProgram) {
  const Value x = make_input("x", {kRows, 2});
  const Graph graph{{x}, {exp(x) + exp(x)}, {}};
  EXPECT_EQ(count_ops(graph, "exp"), 2);
  EXPECT_EQ(count_ops(merge_common(graph), "exp"), 1);
  const Graph lowered = lower(graph, false);
  EXPECT_EQ(count_ops(lowered, "fused"), 1);
  EXPECT_EQ(count_ops(lowered, "exp"), 0);
}

TEST(Passes, AnEpilogueJoinsItsProduct) {
  const Value x = make_input("x", {kRows, 4});
  const Value w(sample_tensor({4, 3}, DType::f32)), b(sample_tensor({3}, DType::f32));
  const Graph lowered = lower({{x}, {maximum(matmul(x, w) + b, 0.0)}, {}}, false);
  EXPECT_EQ(count_ops(lowered, "matmul"), 1);
  EXPECT_EQ(count_ops(lowered, "fused"), 0);
}

// A weight for each step and column is a program over several rows of the product at once.
TEST(Passes, AnEpilogueHasTheColumnsOfItsProduct) {
  const Value x = make_input("x", {kRows, 3, 4});
  const Tensor w = sample_tensor({4, 2}, DType::f32), each = sample_tensor({3, 2}, DType::f32, 3);
  const auto weighted = [&](const std::vector<Value>& in) {
    return matmul(in[0], Value(w)) * Value(each) + 1.0;
  };
  EXPECT_EQ(count_ops(lower({{x}, {weighted({x})}, {}}, false), "fused"), 1);
  const Tensor data = sample_tensor({5, 3, 4}, DType::f32, 7);
  const auto got = run_one({data}, weighted).to_vector<float>();
  const auto product = matmul(data, w).to_vector<float>(), weights = each.to_vector<float>();
  for (size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i], product[i] * weights[i % 6] + 1.0f);
}

TEST(Evaluate, ComputesAtOnce) {
  const Value a(Tensor{1, 2, 3});
  EXPECT_EQ(evaluate(a * 2 + 1).to_vector<float>(), (std::vector<float>{3, 5, 7}));
  EXPECT_EQ(evaluate(reduce_sum(a)).item(), 6);
}

// A partial that passes through an op is summed first unless the op moves elements only.
TEST(Partials, AreSummedOnceBeforeWhatRounds) {
  const Value x = make_input("x", {kRows, 3});
  const Value sum = reduce_sum(x, {0});
  EXPECT_EQ(sum.kind(), ValueKind::partial);
  EXPECT_EQ((-sum).kind(), ValueKind::partial);
  EXPECT_EQ((sum / 3).kind(), ValueKind::same);
  EXPECT_EQ((sum + sum).kind(), ValueKind::same);
  EXPECT_EQ(reduce_sum(sum).kind(), ValueKind::same);
  EXPECT_EQ(cast(sum, DType::f64).kind(), ValueKind::same);
}

}  // namespace
}  // namespace tutti
