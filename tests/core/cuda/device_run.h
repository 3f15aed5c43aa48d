// Runs a graph on the CPU and on the GPU, from the same inputs.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/graph/executable.h"
#include "tests/conformance/op_conformance.h"

// A test that needs a GPU begins with it.
#define TUTTI_NEED_CUDA() \
  if (!has_cuda()) GTEST_SKIP() << "no CUDA device: " << tutti::test::why_no_cuda()

namespace tutti::test {

inline std::string why_no_cuda() {
  try {
    cuda_device();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

struct GraphRun {
  Graph graph;
  ShardLayout layout{13, 5, 0, 1};
  double low = -1, high = 1;  // of floating inputs
  int64_t labels = 3;         // integer inputs are in [0, labels)
  size_t memory = ExecutableOptions::kAnyMemory;

  // Row inputs begin with the same elements whatever the batch is.
  Tensor filled(const Tensor& like, size_t index) const {
    Tensor host = Tensor::empty(like.shape(), like.dtype());
    for (int64_t i = 0; i < host.elements(); ++i) {
      const double x = std::fmod(0.5 + 0.6180339887498949 * static_cast<double>(i + 1) +
                                     0.3819660112501051 * static_cast<double>(index),
                                 1.0);
      if (host.dtype() == DType::f32)
        host.data<float>()[i] = static_cast<float>(low + (high - low) * x);
      else if (host.dtype() == DType::f64)
        host.data<double>()[i] = low + (high - low) * x;
      else
        host.data<int64_t>()[i] = (i * 7 + static_cast<int64_t>(index)) % labels;
    }
    return host;
  }

  // The outputs after each of `steps` steps, one after another, in host memory.
  std::vector<Tensor> on(Device& device, int steps = 1) const {
    ExecutableOptions options;
    options.device = &device;
    options.layout = layout;
    options.memory = memory;
    options.training = true;
    Executable executable(graph, options);
    std::vector<Tensor> results;
    for (int step = 0; step < steps; ++step) {
      for (size_t i = 0; i < graph.inputs.size(); ++i)
        executable.input(i).copy_from(filled(executable.input(i), i));
      executable.run({42, step});
      for (size_t i = 0; i < graph.outputs.size(); ++i)
        results.push_back(executable.output(i).to_host().clone());
    }
    return results;
  }
};

inline bool same_bits(const Tensor& a, const Tensor& b) {
  return a.bytes() == b.bytes() && std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

// Within `tolerance`, relative to the largest element, or to `least` where all are smaller.
inline void expect_near(const Tensor& got, const Tensor& want, double tolerance,
                        double least = 1e-30) {
  ASSERT_EQ(to_string(got.shape()), to_string(want.shape()));
  const auto a = got.to_vector<double>(), b = want.to_vector<double>();
  double largest = least;
  for (const double x : b)
    if (std::isfinite(x)) largest = std::max(largest, std::abs(x));
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::isfinite(b[i]))
      EXPECT_NEAR(a[i], b[i], tolerance * largest) << "element " << i;
    else
      EXPECT_TRUE(a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])))
          << "element " << i << ": " << a[i];
  }
}

using Values = std::vector<Value>;
using Build = std::function<Value(const Values&)>;

// Of the sum over the rows of what `build` makes, where it is a sum.
inline GraphRun graph_run(const Build& build, const std::vector<ValueType>& inputs) {
  GraphRun run;
  for (size_t i = 0; i < inputs.size(); ++i)
    run.graph.inputs.push_back(
        make_input("input " + std::to_string(i), inputs[i].shape, inputs[i].dtype));
  const Value y = build(run.graph.inputs);
  run.graph.outputs = {sum_rows(y)};
  return run;
}

// Both floating types in turn.
template <typename Use>
void for_widths(std::vector<ValueType> inputs, const Use& use) {
  use(inputs);
  for (ValueType& input : inputs)
    if (input.dtype == DType::f32) input.dtype = DType::f64;
  use(inputs);
}

// Within `tolerance` of the CPU's, and the same bits in every run, whether the segments are run,
// recorded or played.
inline void compare(const GraphRun& run, double tolerance = 1e-5) {
  const auto cpu = run.on(cpu_device(), 3), gpu = run.on(cuda_device(), 3),
             again = run.on(cuda_device(), 3);
  ASSERT_EQ(cpu.size(), gpu.size());
  for (size_t i = 0; i < cpu.size(); ++i) {
    expect_near(gpu[i], cpu[i], tolerance);
    EXPECT_TRUE(same_bits(gpu[i], again[i])) << "another run gives other bits";
  }
}
inline void compare(const Build& build, const std::vector<ValueType>& inputs) {
  compare(graph_run(build, inputs));
}
inline void compare_widths(const Build& build, const std::vector<ValueType>& inputs) {
  for_widths(inputs, [&](const auto& typed) { compare(build, typed); });
}

// The CPU's bits.
inline void compare_bits(const GraphRun& run) {
  const auto cpu = run.on(cpu_device(), 4), gpu = run.on(cuda_device(), 4);
  ASSERT_EQ(cpu.size(), gpu.size());
  for (size_t i = 0; i < cpu.size(); ++i)
    EXPECT_TRUE(same_bits(cpu[i], gpu[i])) << "output " << i << " of all steps";
}

}  // namespace tutti::test
