// A run of an Executable allocates nothing: every allocation of this program is counted, in the
// library too.
#include "core/graph/executable.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "core/graph/builtin_ops.h"
#include "core/graph/gradient.h"
#include "core/graph/trace.h"
#include "core/ops/elementwise.h"
#include "core/ops/matmul.h"
#include "core/ops/reduce.h"

namespace {
std::atomic<int64_t> allocations = 0;

void* counted_or_null(std::size_t bytes, std::size_t alignment) noexcept {
  ++allocations;
  return std::aligned_alloc(alignment, (bytes + alignment) / alignment * alignment);
}
void* counted(std::size_t bytes, std::size_t alignment) {
  if (void* memory = counted_or_null(bytes, alignment)) return memory;
  throw std::bad_alloc();
}
}  // namespace

// Where one side of a pair is inlined and the other is not, the compiler takes them for strangers.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
void* operator new(std::size_t bytes) { return counted(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return counted_or_null(bytes, alignof(std::max_align_t));
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace tutti {
namespace {

TEST(Executable, AStepAllocatesNothing) {
  const auto first = make_variable("first", Tensor::full({20, 64}, 0.01));
  const auto second = make_variable("second", Tensor::full({64, 3}, 0.02));
  Trace trace;
  Graph graph;
  graph.inputs = {make_input("x", {kRows, 20}), make_input("y", {kRows, 3})};
  const Value w1 = first->read(), w2 = second->read();
  const Value error = matmul(relu(matmul(graph.inputs[0], w1)), w2) - graph.inputs[1];
  const Value loss = sum_rows(reduce_sum(square(error)));
  const auto slopes = gradients(loss, {w1, w2});
  first->assign(w1 - 0.001 * sum_rows(slopes[0]));
  second->assign(w2 - 0.001 * sum_rows(slopes[1]));
  graph.outputs = {loss};
  graph.effects = trace.effects();

  ThreadPool pool(2, /*oversubscribe=*/true);
  ExecutableOptions options;
  options.pool = &pool;
  options.layout = {32, 8, 0, 1};
  Executable executable(graph, options);
  for (size_t i = 0; i < 2; ++i)
    for (float& element : executable.input(i).span<float>()) element = 0.5f + static_cast<float>(i);

  executable.run({1, 0});
  const double before = executable.output(0).item();
  const int64_t allocated = allocations;
  for (int64_t step = 1; step < 20; ++step) executable.run({1, step});
  EXPECT_EQ(allocations, allocated);
  EXPECT_LT(executable.output(0).item(), before);
  delete new int;  // the count can rise
  EXPECT_GT(allocations, allocated);
}

TEST(Executable, CallsSayWhichLayerMadeThem) {
  Graph graph;
  graph.inputs = {make_input("x", {kRows, 3})};
  {
    const NodeScope scope("dense");
    graph.outputs = {relu(matmul(graph.inputs[0], Tensor::zeros({3, 2})))};
  }
  ExecutableOptions options;
  options.layout.batch = 4;
  EXPECT_EQ(Executable(graph, options).describe(), "matmul float32 (4, 2) row @ dense\n");
}

// An op that no device has a kernel for, defined by one that has.
class Doubled final : public Op {
 public:
  std::string_view name() const override { return "doubled"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override {
    return {inputs[0]};
  }
  std::vector<Value> composite(std::span<const Value> inputs) const override {
    return {inputs[0] + inputs[0]};
  }
};

TEST(Executable, AnOpWithoutAKernelRunsAsItsDefinition) {
  const Value x(Tensor{1, 2});
  EXPECT_EQ(evaluate(make_node(std::make_shared<Doubled>(), {x})).to_vector<float>(),
            (std::vector<float>{2, 4}));
}

}  // namespace
}  // namespace tutti
