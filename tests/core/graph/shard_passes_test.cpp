// A rank's passes over its shards: their sums are those of the tree, and memory falls.
#include "core/graph/shard_passes.h"

#include <gtest/gtest.h>

#include <string>

#include "core/graph/gradient.h"
#include "core/graph/trace.h"
#include "core/ops/elementwise.h"
#include "core/ops/gather_rows.h"
#include "core/ops/matmul.h"
#include "core/ops/reduce.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

// A sum as it is written: "(0+1)" over shards 0 and 1.
std::string tree_sum(const TreeNode& node) {
  if (node.size() == 1) return std::to_string(node.begin);
  int64_t width = 1;
  while (2 * width < node.size()) width *= 2;
  return "(" + tree_sum({node.begin, node.begin + width}) + "+" +
         tree_sum({node.begin + width, node.end}) + ")";
}

std::vector<std::string> sums_of(const ShardLayout& layout) {
  std::vector<std::string> sums;
  for (const auto& root : layout.roots()) sums.push_back(tree_sum(root));
  return sums;
}

TEST(ShardPasses, AddUpInTheOrderOfTheTree) {
  for (int64_t shards = 1; shards <= 20; ++shards)
    for (int world = 1; world <= std::min<int64_t>(5, shards); ++world)
      for (int rank = 0; rank < world; ++rank)
        for (const int passes : {2, 3, 4, 8}) {
          const ShardLayout layout{64, shards, rank, world};
          const Range owned = layout.owned_shards();
          std::vector<std::string> sums(root_places(layout, passes), "unwritten");
          int64_t at = owned.begin;
          for (const auto& place : passes_of(layout, passes)) {
            const Range pass = place.owned_shards();
            ASSERT_EQ(pass.begin, at);
            const auto of_pass = sums_of(place);
            for (const auto& move : root_moves({owned.begin, pass.begin}, pass, shards)) {
              const std::string from = move.of_pass ? of_pass[move.from] : sums[move.from];
              sums.at(move.to) = move.adds ? "(" + sums[move.to] + "+" + from + ")" : from;
            }
            at = pass.end;
          }
          ASSERT_EQ(at, owned.end);
          sums.resize(layout.roots().size());
          EXPECT_EQ(sums, sums_of(layout))
              << shards << " shards, rank " << rank << " of " << world << ", " << passes;
        }
}

// x is centered by the mean of the batch; some of what it becomes is exchanged whole.
struct Step {
  VariablePtr weights = make_variable("w", Tensor::full({16, 8}, 0.25));
  VariablePtr wide = make_variable("wide", Tensor::full({8, 256}, 0.25));
  Graph graph;

  explicit Step(bool exchanges) {
    Trace trace;
    graph.inputs = {make_input("x", {kRows, 16})};
    const Value x = graph.inputs[0], w = weights->read();
    const Value centered = x - reduce_mean(x, {0}, true);
    const Value y = tanh(matmul(centered, w));
    const Value most = reduce_max(exchanges ? gather_rows(y) : w * 2);
    const Value loss = sum_rows(reduce_sum(square(tanh(matmul(y, wide->read())))));
    weights->assign(w - 0.01 * sum_rows(gradients(loss, {w})[0]));
    graph.outputs = {y, loss, most};
    graph.effects = trace.effects();
  }
};

std::unique_ptr<Executable> made_for(const Step& step, size_t memory) {
  ExecutableOptions options;
  options.layout = {37, 8, 0, 1};
  options.memory = memory;
  return std::make_unique<Executable>(step.graph, options);
}

std::vector<std::vector<float>> results(bool exchanges, size_t memory) {
  const Step step(exchanges);
  const auto executable = made_for(step, memory);
  executable->input(0).copy_from(test::sample_tensor({37, 16}, DType::f32));
  executable->run({1, 0});
  executable->run({1, 1});
  std::vector<std::vector<float>> all{step.weights->value().to_vector<float>()};
  for (size_t i = 0; i < step.graph.outputs.size(); ++i)
    all.push_back(executable->output(i).to_vector<float>());
  return all;
}

// Rounds of passes around each meeting of the rows; values that a step keeps whole between them.
TEST(ShardPasses, KeepTheBitsWhereRowsMeetInTheMiddle) {
  for (const bool exchanges : {false, true}) {
    EXPECT_GT(made_for(Step(exchanges), 1)->passes(), 1);
    EXPECT_EQ(results(exchanges, 1), results(exchanges, ExecutableOptions::kAnyMemory));
  }
}

TEST(ShardPasses, TakeTheMemoryOfOneOfThem) {
  Trace trace;
  Graph graph;
  const auto w = make_variable("w", Tensor::full({16, 16}, 0.25));
  graph.inputs = {make_input("x", {kRows, 16})};
  Value y = graph.inputs[0];
  for (int i = 0; i < 8; ++i) y = tanh(matmul(y, w->read()));
  const Value loss = sum_rows(reduce_sum(square(y)));
  w->assign(w->read() - 0.01 * sum_rows(gradients(loss, {w->read()})[0]));
  graph.effects = trace.effects();
  ExecutableOptions options;
  options.layout = {4096, 8, 0, 1};
  const size_t all = Executable(graph, options).arena_bytes(), inputs = 4096 * 16 * sizeof(float);
  for (const int passes : {1, 2, 4, 8}) {
    options.memory = inputs + all / static_cast<size_t>(passes) + 40000;
    const Executable executable(graph, options);
    EXPECT_EQ(executable.passes(), passes);
    EXPECT_LE(executable.arena_bytes() + inputs, options.memory);
  }
}

}  // namespace
}  // namespace tutti
