// Windows, indices, random numbers, passes and state on the GPU against the CPU's: the same bits
// where a kernel moves or draws numbers, or adds them in the CPU's order.
#include <limits>

#include "core/graph/gradient.h"
#include "core/graph/parameter_group.h"
#include "core/graph/trace.h"
#include "core/graph/variable.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/gather_rows.h"
#include "core/ops/matmul.h"
#include "core/ops/patches.h"
#include "core/ops/pick.h"
#include "core/ops/pooling.h"
#include "core/ops/random_uniform.h"
#include "core/ops/reduce.h"
#include "core/ops/shuffle_rows.h"
#include "core/ops/take.h"
#include "core/ops/take_in_rows.h"
#include "tests/core/cuda/device_run.h"

namespace tutti {
namespace {

using test::Build, test::compare_bits, test::for_widths, test::graph_run, test::GraphRun,
    test::Values;

constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();

// x, with `number` in the place of what is large.
Value with_some(double number, const Value& x) {
  return select(greater(x, Value(Tensor::full({1}, 0.7, x.dtype()))),
                Value(Tensor::full({1}, number, x.dtype())), x);
}

void compare_bits_widths(const Build& build, const std::vector<ValueType>& inputs,
                         int64_t labels = 3) {
  for_widths(inputs, [&](const auto& typed) {
    GraphRun run = graph_run(build, typed);
    run.labels = labels;
    compare_bits(run);
  });
}

struct WindowCase {
  Windows windows;
  std::vector<int64_t> extents;
  int64_t channels;
};

// Overlaps, gaps, holes, padding on one side, and windows that see nothing else.
std::vector<WindowCase> window_cases() {
  return {{{{2}, {3}, {1}, {4}, {0}}, {7}, 2},
          {{{3}, {1}, {2}, {0}, {9}}, {6}, 1},
          {{{2, 2}, {2, 2}, {1, 1}, {0, 0}, {0, 0}}, {8, 6}, 5},
          {{{3, 2}, {2, 1}, {1, 2}, {1, 0}, {0, 2}}, {5, 6}, 3},
          {{{3, 3}, {1, 1}, {3, 2}, {3, 4}, {3, 1}}, {7, 5}, 33},
          {{{2, 1, 3}, {1, 2, 1}, {2, 1, 1}, {0, 0, 1}, {1, 0, 0}}, {4, 3, 4}, 2}};
}

ValueType spread_type(const WindowCase& c) {
  std::vector<int64_t> tail = c.extents;
  tail.push_back(c.channels);
  return rows_of(tail);
}

TEST(CudaOps, PatchesAndTheirFold) {
  TUTTI_NEED_CUDA();
  for (const WindowCase& c : window_cases()) {
    SCOPED_TRACE(c.windows.text());
    compare_bits_widths([&](const Values& v) { return patches(v[0], c.windows, -7.5); },
                        {spread_type(c)});
    std::vector<int64_t> seen = c.windows.positions(c.extents, "test");
    seen.insert(seen.end(), {c.windows.elements(), c.channels});
    compare_bits_widths([&](const Values& v) { return fold(v[0], c.windows, c.extents); },
                        {rows_of(seen)});
  }
}

// Values and places, with ties, NaN and infinities.
TEST(CudaOps, MaximaOfWindows) {
  TUTTI_NEED_CUDA();
  const std::vector<Build> inputs{
      [](const Values& v) { return v[0]; },
      [](const Values& v) { return cast(cast(v[0] * 3.0, DType::i64), v[0].dtype()); },
      [](const Values& v) { return with_some(kNotANumber, v[0]); },
      [](const Values& v) { return -with_some(std::numeric_limits<double>::infinity(), v[0]); }};
  for (const WindowCase& c : window_cases())
    for (const Build& input : inputs)
      for_widths({spread_type(c)}, [&](const auto& typed) {
        SCOPED_TRACE(c.windows.text());
        GraphRun run =
            graph_run([&](const Values& v) { return max_pool(input(v), c.windows); }, typed);
        run.graph.outputs.push_back(Value(run.graph.outputs[0].node(), 1));
        compare_bits(run);
      });
}

TEST(CudaOps, GradientsOfMaxima) {
  TUTTI_NEED_CUDA();
  for (const WindowCase& c : window_cases())
    compare_bits_widths(
        [&](const Values& v) {
          return gradients(reduce_sum(max_pool(v[0], c.windows) * 0.5), {v[0]})[0];
        },
        {spread_type(c)});
}

// Places in [-2, labels - 2): some are nowhere, many the same.
Value places(const Value& labels) { return cast(labels - 2.0, DType::i32); }

TEST(CudaOps, PickAndSpread) {
  TUTTI_NEED_CUDA();
  compare_bits_widths([](const Values& v) { return pick(v[0], places(v[1])); },
                      {rows_of({4, 5}), rows_of({3, 7}, DType::i64)}, 22);
  for (const int64_t updates : {1, 7, 256, 257, 1000})
    for (const int64_t labels : {3, 12, 402})
      compare_bits_widths(
          [](const Values& v) {
            return spread(v[0], places(v[1]), {20, 20});
          },
          {rows_of({updates}), rows_of({updates}, DType::i64)}, labels);
  compare_bits_widths(
      [](const Values& v) {
        return spread(v[0], places(v[1]), {3, 3});
      },
      {same_of({700, 40}), same_of({700, 40}, DType::i64)}, 11);
}

TEST(CudaOps, EntriesOfEachRow) {
  TUTTI_NEED_CUDA();
  const auto indices = [](const Value& labels) { return labels - 1.0; };  // some are outside
  compare_bits_widths([&](const Values& v) { return take_in_rows(v[0], indices(v[1])); },
                      {rows_of({5, 3}), rows_of({2, 4}, DType::i64)}, 7);
  compare_bits_widths([&](const Values& v) { return take_in_rows(v[0], indices(v[1])); },
                      {same_of({9, 5}), same_of({9, 4}, DType::i64)}, 7);
  compare_bits_widths([&](const Values& v) { return scatter_add_in_rows(v[0], indices(v[1]), 5); },
                      {rows_of({300, 3}), rows_of({300}, DType::i64)}, 7);
  compare_bits_widths([&](const Values& v) { return scatter_add_in_rows(v[0], indices(v[1]), 70); },
                      {same_of({600, 30, 9}), same_of({600, 30}, DType::i64)}, 72);
  compare_bits_widths(
      [&](const Values& v) {
        return gradients(reduce_sum(square(take_in_rows(v[0], v[1]))), {v[0]})[0];
      },
      {rows_of({5, 3}), rows_of({2, 4}, DType::i64)}, 5);
}

// Sums over the rows of the batch, by shards: some entries get nothing, some indices are outside.
TEST(CudaOps, SumsByIndex) {
  TUTTI_NEED_CUDA();
  const auto build = [](int64_t extent) {
    return [extent](const Values& v) { return scatter_add(v[0], v[1] - 1.0, extent); };
  };
  for (const int64_t labels : {3, 40}) {
    compare_bits_widths(build(9), {rows_of({6, 4}), rows_of({6}, DType::i64)}, labels);
    compare_bits_widths(build(300), {rows_of({130, 3}), rows_of({130}, DType::i64)}, labels);
    compare_bits_widths(build(9), {rows_of({70}), rows_of({}, DType::i64)}, labels);
    compare_bits_widths(build(9), {same_of({800, 3}), same_of({800}, DType::i64)}, labels);
    compare_bits_widths(build(1500), {same_of({5}), same_of({5}, DType::i64)}, labels);
  }
  compare_bits_widths(
      [](const Values& v) {
        return sum_rows(gradients(reduce_sum(take(v[0], v[1]) * v[2]), {v[0]})[0]);
      },
      {same_of({5, 8}), rows_of({3}, DType::i64), rows_of({3, 8})}, 5);
}

TEST(CudaOps, DrawTheNumbersOfTheCpu) {
  TUTTI_NEED_CUDA();
  for (const auto& seed : {std::optional<uint64_t>(), std::optional<uint64_t>(11)})
    for (const ValueType& like : {rows_of({}), rows_of({7}), rows_of({8, 8}), same_of({5, 3})})
      for_widths({like}, [&](const auto& typed) {
        Trace trace;
        const GraphRun run =
            graph_run([&](const Values& v) { return random_uniform(v[0], 0, 1, seed); }, typed);
        compare_bits(run);
        const auto drawn = run.on(cuda_device(), 4);
        EXPECT_FALSE(test::same_bits(drawn[2], drawn[3]))
            << "a recorded step draws the same numbers again";
      });
  Trace trace;
  test::compare([](const Values& v) { return random_normal(v[0]); }, {rows_of({33})});
}

TEST(CudaOps, ShuffleAsTheCpu) {
  TUTTI_NEED_CUDA();
  for (const int64_t batch : {1, 2, 13, 1000})
    for (const ValueType& type : {rows_of({}), rows_of({300}), rows_of({3}, DType::i64)})
      for_widths({type}, [&](const auto& typed) {
        Trace trace;
        GraphRun run = graph_run([](const Values& v) { return shuffle_rows(v[0]); }, typed);
        run.layout = {batch, std::min<int64_t>(batch, 5), 0, 1};
        run.labels = 1000;
        compare_bits(run);
        const auto shuffled = run.on(cuda_device(), 4);
        if (batch < 1000) return;
        EXPECT_FALSE(test::same_bits(shuffled[2], shuffled[3])) << "a recorded order comes again";
      });
  Trace trace;
  compare_bits_widths(
      [](const Values& v) { return gradients(reduce_sum(shuffle_rows(v[0]) * v[1]), {v[0]})[0]; },
      {rows_of({5}), rows_of({5})});
}

TEST(CudaOps, PutRowsInState) {
  TUTTI_NEED_CUDA();
  for (const int64_t kept : {13, 20})
    compare_bits_widths([](const Values& v) { return with_rows(v[0], gather_rows(v[1])); },
                        {same_of({kept, 3}), rows_of({3})});
}

TEST(CudaOps, RefuseABatchOfMoreRowsThanState) {
  TUTTI_NEED_CUDA();
  const std::vector<ValueType> inputs{same_of({5, 3}), rows_of({3})};
  const GraphRun put =
      graph_run([](const Values& v) { return with_rows(v[0], gather_rows(v[1])); }, inputs);
  EXPECT_THROW(put.on(cuda_device()), Error);
  const GraphRun read = graph_run([](const Values& v) { return own_rows(v[0]) + v[1]; }, inputs);
  EXPECT_THROW(read.on(cuda_device()), Error);
}

TEST(CudaOps, CountWhatIsNotFinite) {
  TUTTI_NEED_CUDA();
  const Shape small{7, 3}, large{9000};
  for_widths({same_of(small), same_of(large)}, [&](const auto& typed) {
    const DType dtype = typed[0].dtype;
    const auto group = std::make_shared<ParameterGroup>(
        std::vector<VariablePtr>{make_variable("small", Tensor::full(small, 0, dtype)),
                                 make_variable("large", Tensor::full(large, 0, dtype))},
        local_reducer());
    for (const double number : {kNotANumber, std::numeric_limits<double>::infinity(), 1e30, 1.0})
      for (const bool squares : {false, true})
        compare_bits(graph_run(
            [&](const Values& v) {
              return group->not_finite(group->take({v[0], with_some(number, v[1])}), squares);
            },
            typed));
  });
}

// In as many passes as there are shards: the sums of the passes are added in the tree.
TEST(CudaOps, PassesOverTheShardsKeepTheBits) {
  TUTTI_NEED_CUDA();
  for_widths({rows_of({16}), same_of({16, 8}), rows_of({}, DType::i64)}, [](const auto& typed) {
    GraphRun run = graph_run(
        [](const Values& v) {
          const Value y = tanh(matmul(v[0], v[1]));
          return sum_rows(gradients(reduce_sum(square(y)), {v[1]})[0]);
        },
        typed);
    run.graph.outputs.push_back(sum_rows(scatter_add(run.graph.inputs[0], run.graph.inputs[2], 4)));
    run.graph.outputs.push_back(sum_rows(reduce_sum(run.graph.inputs[2], {0})));
    for (const int64_t batch : {37, 64}) {
      run.layout = {batch, 8, 0, 1};
      run.memory = ExecutableOptions::kAnyMemory;
      const auto whole = run.on(cuda_device(), 3);
      run.memory = 1;
      const auto passes = run.on(cuda_device(), 3);
      for (size_t i = 0; i < whole.size(); ++i) EXPECT_TRUE(test::same_bits(whole[i], passes[i]));
      test::compare(run);
    }
  });
}

}  // namespace
}  // namespace tutti
