// Dropout with a seed of its own.
#include "core/layers/dropout.h"

#include "core/graph/gradient.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

// What a function of x makes of ones while training a job of this seed, at this step.
std::vector<float> trained(const std::function<Value(const Value&)>& function, uint64_t seed,
                           int64_t step = 0) {
  const Trace trace;
  Graph graph;
  graph.inputs = {make_input("x", {kRows, 40})};
  graph.outputs = {function(graph.inputs[0])};
  ExecutableOptions options;
  options.layout = {6, 1, 0, 1};
  options.training = true;
  Executable executable(graph, options);
  executable.input(0).copy_from(Tensor::full({6, 40}, 1.0));
  executable.run({seed, step});
  return executable.output(0).to_vector<float>();
}

TEST(SeededDropout, TheSeedDecidesTheMaskWhateverTheJobs) {
  const Dropout five({.rate = 0.5, .seed = 5}), again({.rate = 0.5, .seed = 5}),
      six({.rate = 0.5, .seed = 6}), plain(0.5);
  const auto of = [](const Dropout& layer) { return [&](const Value& x) { return layer(x); }; };
  const auto mask = trained(of(five), 1);
  EXPECT_EQ(trained(of(five), 2), mask);
  EXPECT_EQ(trained(of(again), 3), mask);
  EXPECT_NE(trained(of(five), 1, 7), mask) << "steps differ";
  EXPECT_NE(trained(of(six), 1), mask);
  EXPECT_EQ(trained(of(plain), 5), mask) << "the numbers of a job of that seed";
  EXPECT_NE(trained(of(plain), 1), mask);
}

TEST(SeededDropout, OtherLayersDoNotMoveTheMask) {
  const Dropout five({.rate = 0.5, .seed = 5}), plain(0.5);
  const auto mask = trained([&](const Value& x) { return five(x); }, 1);
  EXPECT_EQ(trained([&](const Value& x) { return five(x) + 0.0 * plain(x); }, 1), mask);
  EXPECT_EQ(trained([&](const Value& x) { return 0.0 * plain(x) + five(x); }, 1), mask);
  // Called twice in a step it draws twice.
  const auto second = [&](const Value& x) {
    const Value first = five(x);
    return five(x) + 0.0 * first;
  };
  EXPECT_NE(trained(second, 1), mask);
}

TEST(SeededDropout, GradientsSeeTheSameMask) {
  const Dropout five({.rate = 0.5, .seed = 5});
  const auto mask = trained([&](const Value& x) { return five(x); }, 1);
  const auto slope =
      trained([&](const Value& x) { return gradients(sum_rows(reduce_sum(five(x))), {x})[0]; }, 1);
  EXPECT_EQ(slope, mask);
}

}  // namespace
}  // namespace tutti
