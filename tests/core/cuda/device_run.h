// Runs a graph on the CPU and on the GPU, from the same inputs.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/graph/executable.h"

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

// Within `tolerance`, relative to the largest element.
inline void expect_near(const Tensor& got, const Tensor& want, double tolerance) {
  ASSERT_EQ(to_string(got.shape()), to_string(want.shape()));
  const auto a = got.to_vector<double>(), b = want.to_vector<double>();
  double largest = 1e-30;
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

}  // namespace tutti::test
