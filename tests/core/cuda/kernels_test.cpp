// Each kernel on the GPU against the CPU's: within 1e-5, and the same bits in every run.
#include "core/graph/gradient.h"
#include "core/graph/trace.h"
#include "core/ops/arg_reduce.h"
#include "core/ops/broadcast_to.h"
#include "core/ops/cast.h"
#include "core/ops/concatenate.h"
#include "core/ops/dropout.h"
#include "core/ops/elementwise.h"
#include "core/ops/gather_rows.h"
#include "core/ops/matmul.h"
#include "core/ops/one_hot.h"
#include "core/ops/pad.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"
#include "core/ops/slice.h"
#include "core/ops/softmax.h"
#include "core/ops/softmax_cross_entropy.h"
#include "core/ops/take.h"
#include "core/ops/take_along.h"
#include "core/ops/transpose.h"
#include "tests/core/cuda/device_run.h"

namespace tutti {
namespace {

using test::compare, test::compare_widths, test::graph_run, test::GraphRun, test::Values;

TEST(CudaKernels, Products) {
  TUTTI_NEED_CUDA();
  compare_widths([](const Values& v) { return matmul(v[0], v[1]); },
                 {rows_of({70}), same_of({70, 33})});
  compare_widths([](const Values& v) { return matmul(v[0], v[1], false, true); },
                 {rows_of({64}), same_of({32, 64})});
  compare_widths([](const Values& v) { return matmul(v[0], v[1]); },
                 {rows_of({2, 3}), same_of({3, 4})});
  compare_widths([](const Values& v) { return matmul(v[0], v[1], true); },
                 {rows_of({130}), rows_of({67})});
  compare_widths([](const Values& v) { return matmul(v[0], v[1], true); },
                 {rows_of({2, 3}), rows_of({2, 5})});
  compare_widths([](const Values& v) { return matmul(v[0], v[1], true); },
                 {same_of({9, 4}), same_of({9, 3})});
  compare([](const Values& v) { return matmul(matmul(v[0], v[1], true), v[2]); },
          {rows_of({4}), rows_of({3}), same_of({3, 2})});
}

TEST(CudaKernels, ProductsWithEpilogues) {
  TUTTI_NEED_CUDA();
  const std::vector<ValueType> inputs{rows_of({70}), same_of({70, 32}), same_of({32})};
  compare_widths([](const Values& v) { return matmul(v[0], v[1]) + v[2]; }, inputs);
  compare_widths([](const Values& v) { return relu(matmul(v[0], v[1]) + v[2]); }, inputs);
  compare_widths([](const Values& v) { return relu(matmul(v[0], v[1])); }, inputs);
  compare_widths([](const Values& v) { return tanh(matmul(v[0], v[1]) + v[2]) * 0.5; }, inputs);
}

TEST(CudaKernels, NaNPassesThroughProductBiasAndRelu) {
  TUTTI_NEED_CUDA();
  GraphRun run = graph_run([](const Values& v) { return relu(matmul(v[0], v[1]) + v[2]); },
                           {rows_of({8}), same_of({8, 8}), same_of({8})});
  run.low = run.high = std::nan("");
  for (const double x : run.on(cuda_device())[0].to_vector<double>()) EXPECT_TRUE(std::isnan(x));
}

TEST(CudaKernels, ElementwiseGroupsAndBroadcasts) {
  TUTTI_NEED_CUDA();
  compare_widths(
      [](const Values& v) { return sigmoid(v[0] * v[1] + 0.25) - exp(v[0]) / (v[1] * v[1] + 1.0); },
      {rows_of({7}), same_of({7})});
  compare_widths([](const Values& v) { return v[0] * v[1]; }, {rows_of({3, 4}), same_of({3, 1})});
  compare_widths([](const Values& v) { return add(v[0], v[1]); },
                 {same_of({2, 1, 4}), same_of({3, 1})});
  compare([](const Values& v) { return cast(cast(v[0] * 10.0, DType::i64), DType::f32); },
          {rows_of({7})});
  compare([](const Values& v) { return cast(cast(v[0], DType::bf16), DType::f32); },
          {rows_of({7})});
  compare([](const Values& v) { return select(greater(v[0], v[1]), v[0], tanh(v[1])); },
          {rows_of({7}), rows_of({7})});
}

// Of inputs in [0, 1): where large sums cancel, the order of additions shows.
TEST(CudaKernels, Sums) {
  TUTTI_NEED_CUDA();
  for (const std::vector<int>& axes : {std::vector<int>{0}, {1}, {2}, {0, 1, 2}})
    for (const ValueType& input : {rows_of({3, 4}), same_of({5, 3, 2000})})
      test::for_widths({input}, [&](const auto& typed) {
        GraphRun run = graph_run([&](const Values& v) { return reduce_sum(v[0], axes); }, typed);
        run.low = 0;
        compare(run);
      });
}

TEST(CudaKernels, Reductions) {
  TUTTI_NEED_CUDA();
  compare_widths([](const Values& v) { return reduce_max(v[0], {1}); }, {rows_of({3, 4})});
  compare_widths([](const Values& v) { return reduce_min(v[0], {2}); }, {rows_of({3, 1500})});
  compare([](const Values& v) { return reduce_sum(reduce_sum(v[0], {0}), {0}); },
          {rows_of({3, 4})});
  compare([](const Values& v) { return argmax(v[0]); }, {rows_of({10})});
  compare([](const Values& v) { return argmin(v[0]); }, {rows_of({1500})});
}

TEST(CudaKernels, SoftmaxAndCrossEntropy) {
  TUTTI_NEED_CUDA();
  for (const int64_t n : {3, 10, 33, 1500}) {
    compare_widths([](const Values& v) { return softmax(v[0] * 4.0); }, {rows_of({n})});
    compare_widths([](const Values& v) { return log_softmax(v[0] * 4.0); }, {rows_of({n})});
    for (const bool sparse : {true, false}) {
      const ValueType target = sparse ? rows_of({}, DType::i64) : rows_of({n});
      compare_widths([](const Values& v) { return softmax_cross_entropy(v[0], v[1]); },
                     {rows_of({n}), target});
      compare_widths(
          [](const Values& v) {
            return gradients(reduce_sum(softmax_cross_entropy(v[0], v[1])), {v[0]})[0];
          },
          {rows_of({n}), target});
    }
  }
}

TEST(CudaKernels, AWrongLabelGivesNaN) {
  TUTTI_NEED_CUDA();
  GraphRun run = graph_run([](const Values& v) { return softmax_cross_entropy(v[0], v[1]); },
                           {rows_of({3}), rows_of({}, DType::i64)});
  run.labels = 5;
  compare(run);
}

TEST(CudaKernels, DropoutDrawsTheNumbersOfTheCpu) {
  TUTTI_NEED_CUDA();
  for (const int64_t n : {1, 7, 64}) {
    Trace trace;
    const GraphRun run =
        graph_run([](const Values& v) { return dropout(v[0], 0.4); }, {rows_of({n})});
    const auto cpu = run.on(cpu_device(), 4), gpu = run.on(cuda_device(), 4);
    for (size_t step = 0; step < cpu.size(); ++step)
      EXPECT_TRUE(test::same_bits(cpu[step], gpu[step])) << step;
    EXPECT_FALSE(test::same_bits(gpu[2], gpu[3])) << "a recorded step draws the same numbers again";
  }
}

TEST(CudaKernels, Moves) {
  TUTTI_NEED_CUDA();
  compare([](const Values& v) { return transpose(v[0], {0, 2, 1}); }, {rows_of({3, 4})});
  compare([](const Values& v) { return broadcast_to(v[0], {3, 2, 4}); }, {same_of({2, 1})});
  compare([](const Values& v) { return slice(v[0], 1, 1, 3); }, {rows_of({4, 2})});
  compare([](const Values& v) { return pad(v[0], {0, 1}, {0, 2}); }, {rows_of({4})});
  compare(
      [](const Values& v) {
        return concatenate({v[0], v[1], v[0]}, 1);
      },
      {rows_of({4}), rows_of({2})});
  compare([](const Values& v) { return one_hot(v[0], 4); }, {rows_of({}, DType::i64)});
  compare([](const Values& v) { return take_along(v[0], v[1]); },
          {rows_of({3}), rows_of({}, DType::i64)});
  compare([](const Values& v) { return take(v[0], v[1]); },
          {same_of({3, 5}), rows_of({}, DType::i64)});
  compare([](const Values& v) { return matmul(own_rows(gather_rows(v[0])), v[1]); },
          {rows_of({4}), same_of({4, 3})});
  compare([](const Values& v) { return row_count() * reduce_sum(v[0]); }, {rows_of({4})});
}

// Rows of the first ranks of a larger world: what a rank computes for a row does not depend on how
// many shards it owns.
TEST(CudaKernels, ARowsBitsDoNotDependOnTheWorld) {
  TUTTI_NEED_CUDA();
  for (const int64_t batch : {64, 61}) {
    GraphRun run;
    run.graph.inputs = {make_input("x", {kRows, 70}), make_input("w", {70, 33}),
                        make_input("b", {33})};
    const Values& v = run.graph.inputs;
    run.graph.outputs = {softmax(relu(matmul(v[0], v[1]) + v[2]))};
    run.layout = {batch, 8, 0, 1};
    const Tensor alone = run.on(cuda_device())[0];
    for (const int world : {2, 3, 8}) {
      run.layout.world = world;
      const Tensor first = run.on(cuda_device())[0];
      EXPECT_TRUE(test::same_bits(first, alone.slice_rows(0, first.rows()).clone()))
          << world << " ranks";
    }
  }
}

}  // namespace
}  // namespace tutti
