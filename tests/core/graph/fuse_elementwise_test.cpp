#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "core/graph/builtin_ops.h"
#include "core/graph/passes/passes.h"
#include "core/graph/trace.h"
#include "core/ops/elementwise.h"

namespace tutti {
namespace {

// A model may be a chain of as many layers as a file can list: the time grows with their number.
TEST(FuseElementwise, ALongChain) {
  const Trace trace;
  Graph graph;
  graph.inputs = {make_input("x", {kRows, 4})};
  Value last = graph.inputs[0];
  for (int i = 0; i < 20000; ++i) last = i % 2 ? relu(last) : exp(last);
  graph.outputs = {last};
  const auto begin = std::chrono::steady_clock::now();
  const Graph fused = fuse_elementwise(graph);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  const auto order = topological_order(fused);
  EXPECT_LT(order.size(), 200u);
  EXPECT_GT(order.size(), 20000u / 256);
}

}  // namespace
}  // namespace tutti
