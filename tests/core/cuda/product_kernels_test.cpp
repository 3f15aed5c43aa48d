// Batches of products on the GPU, and the graphs of layers that are made of several kernels.
#include <array>

#include "core/graph/gradient.h"
#include "core/ops/attention.h"
#include "core/ops/batch_matmul.h"
#include "core/ops/convolution.h"
#include "core/ops/elementwise.h"
#include "core/ops/matmul.h"
#include "core/ops/pooling.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"
#include "core/ops/take.h"
#include "tests/core/cuda/device_run.h"

namespace tutti {
namespace {

using test::compare_widths, test::graph_run, test::GraphRun, test::Values;

TEST(CudaBatchMatmul, AgreesWithTheCpu) {
  TUTTI_NEED_CUDA();
  for (const bool transpose_a : {false, true})
    for (const bool transpose_b : {false, true})
      for (const auto& [m, n, k] :
           {std::array<int64_t, 3>{1, 1, 1}, {5, 3, 7}, {33, 70, 19}, {64, 64, 32}, {2, 4, 100}}) {
        SCOPED_TRACE(std::to_string(m) + " " + std::to_string(n) + " " + std::to_string(k));
        const std::vector<int64_t> a = transpose_a ? std::vector{k, m} : std::vector{m, k};
        const std::vector<int64_t> b = transpose_b ? std::vector{n, k} : std::vector{k, n};
        const auto build = [=](const Values& v) {
          return batch_matmul(v[0], v[1], transpose_a, transpose_b);
        };
        compare_widths(build, {rows_of(a), rows_of(b)});
        compare_widths(build, {rows_of({3, a[0], a[1]}), rows_of({3, b[0], b[1]})});
        compare_widths(build, {same_of({2, a[0], a[1]}), same_of({2, b[0], b[1]})});
      }
  // More products than one call of the library takes.
  compare_widths([](const Values& v) { return batch_matmul(v[0], v[1]); },
                 {same_of({40000, 2, 3}), same_of({40000, 3, 2})});
}

TEST(CudaBatchMatmul, OfNothingIsZero) {
  TUTTI_NEED_CUDA();
  compare_widths([](const Values& v) { return batch_matmul(v[0], v[1]); },
                 {rows_of({4, 0}), rows_of({0, 3})});
}

// Neither the rows of the batch nor the ranks show in a row.
TEST(CudaBatchMatmul, ARowsBitsDoNotDependOnOthers) {
  TUTTI_NEED_CUDA();
  test::for_widths({rows_of({4, 33, 70}), rows_of({4, 33, 70})}, [](const auto& typed) {
    GraphRun run =
        graph_run([](const Values& v) { return batch_matmul(v[0], v[1], false, true); }, typed);
    run.layout = {64, 8, 0, 1};
    const Tensor all = run.on(cuda_device())[0];
    for (const int64_t batch : {1, 3, 32, 61})
      for (const int world : {1, 3}) {
        run.layout = {batch, std::min<int64_t>(batch, 8), 0, world};
        if (run.layout.shards < world) continue;
        const Tensor some = run.on(cuda_device())[0];
        EXPECT_TRUE(test::same_bits(some, all.slice_rows(0, some.rows()).clone()))
            << batch << " rows, " << world << " ranks";
      }
  });
}

// What a convolution with a bias, a maximum and a dense layer do, and their gradients.
TEST(CudaLayers, AConvolutionAndAMaximum) {
  TUTTI_NEED_CUDA();
  const Windows same{{3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
      half{{2, 2}, {2, 2}, {1, 1}, {0, 0}, {0, 0}};
  const auto loss = [=](const Values& v) {
    const Value hidden = max_pool(relu(convolution(v[0], v[1], same) + v[2]), half);
    return reduce_sum(square(matmul(flatten(hidden), v[3])));
  };
  const std::vector<ValueType> inputs{rows_of({6, 6, 2}), same_of({3, 3, 2, 8}), same_of({8}),
                                      same_of({72, 5})};
  for (const size_t of : {0, 1, 2, 3})
    compare_widths([=](const Values& v) { return gradients(loss(v), {v[of]})[0]; }, inputs);
  const Windows odd{{3, 2}, {2, 1}, {1, 2}, {1, 0}, {0, 2}};
  for (const size_t of : {0, 1})
    compare_widths(
        [=](const Values& v) {
          return gradients(reduce_sum(square(convolution(v[0], v[1], odd))), {v[of]})[0];
        },
        {rows_of({5, 6, 3}), same_of({3, 2, 3, 4})});
  compare_widths([=](const Values& v) { return average_pool(v[0], same); }, {rows_of({5, 4, 3})});
}

// Vectors of words that attend to each other, and their gradients.
TEST(CudaLayers, Attention) {
  TUTTI_NEED_CUDA();
  for (const bool causal : {false, true}) {
    const auto loss = [=](const Values& v) {
      const Value x = take(v[1], v[0]);  // rows, 2 heads, 6 words, 8
      const Value seen = seen_places(6, 6, causal, {}, x.dtype());
      return reduce_sum(square(attention(x * v[2], x, x * v[3], 0.35, seen, {})));
    };
    const std::vector<ValueType> inputs{rows_of({2, 6}, DType::i64), same_of({3, 8}), same_of({8}),
                                        same_of({8})};
    for (const size_t of : {1, 2, 3})
      compare_widths([=](const Values& v) { return gradients(loss(v), {v[of]})[0]; }, inputs);
  }
}

}  // namespace
}  // namespace tutti
