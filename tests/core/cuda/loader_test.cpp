// The CUDA library joins a process only where it fits.
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/device/cuda_loader.h"
#include "core/device/device.h"
#include "core/graph/elementwise.h"
#include "core/graph/kernel.h"

namespace tutti {
namespace {

TEST(cuda_loader, loads_with_or_without_a_driver) {
  EXPECT_EQ(load_cuda_library(TUTTI_CUDA_LIBRARY), "");
  // One registry: the kernels of the library are in the table of libtutti.so.
  for (const char* op : {"matmul",
                         "fused",
                         "softmax_cross_entropy",
                         "softmax_cross_entropy_gradient",
                         "dropout",
                         "reduce_sum",
                         "assign_share",
                         "reduce_scatter",
                         "argmax",
                         "cast",
                         "patches",
                         "fold",
                         "max_pool",
                         "pick",
                         "spread",
                         "batch_matmul",
                         "scatter_add",
                         "take_in_rows",
                         "scatter_add_in_rows",
                         "random_uniform",
                         "shuffled_rows",
                         "with_rows",
                         "not_finite",
                         "add_roots"})
    EXPECT_TRUE(has_kernel(op, DeviceKind::cuda)) << op;
  for (const ElementwiseInfo* op : elementwise_ops())
    EXPECT_TRUE(has_kernel(op->name, DeviceKind::cuda)) << op->name;
  EXPECT_FALSE(has_kernel("no such op", DeviceKind::cuda));
}

TEST(cuda_loader, names_why_there_is_no_device) {
  if (has_cuda()) GTEST_SKIP() << "there is a CUDA device: " << cuda_device().name();
  try {
    cuda_device();
    FAIL() << "no error";
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(error.code(), ExitCode::missing);
    EXPECT_EQ(message.find("did not register"), std::string::npos) << message;
    EXPECT_TRUE(message.find("driver") != std::string::npos ||
                message.find("GPU") != std::string::npos)
        << message;
  }
}

TEST(cuda_loader, refuses_a_library_of_another_build_by_name) {
  const std::string problem = load_cuda_library(TUTTI_CUDA_OF_ANOTHER_BUILD);
  EXPECT_NE(problem.find("of build 0123456789abcdef"), std::string::npos) << problem;
  EXPECT_NE(problem.find("of build " + build_id()), std::string::npos) << problem;
  EXPECT_NE(problem.find("one build"), std::string::npos) << problem;
  EXPECT_EQ(build_id().size(), 16u);
}

TEST(cuda_loader, says_that_a_library_is_not_there) {
  const std::string problem = load_cuda_library("no/such/libtutti_cuda.so");
  EXPECT_NE(problem.find("no/such/libtutti_cuda.so"), std::string::npos) << problem;
}

}  // namespace
}  // namespace tutti
