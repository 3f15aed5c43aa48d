// One job gives the same bits on ranks that are processes, on ranks that are threads, and alone.
#include "core/layers/dense.h"
#include "core/layers/dropout.h"
#include "core/model/sequential.h"
#include "tests/conformance/graph_runner.h"
#include "tests/core/model/world_runner.h"
#include "tests/distributed/mpi/world_of_test.h"

namespace tutti {
namespace {

// An odd last batch, dropout, sample weights, a penalty and a norm over all gradients.
test::Record job() {
  Sequential model({Dense({.units = 20, .activation = "relu", .kernel_regularizer = "l2"}),
                    Dropout(0.3), Dense(3)});
  model.compile({.optimizer = test::call_of("Adam", {{"global_clipnorm", 0.05}}),
                 .loss = "mse",
                 .metrics = {"mae"}});
  FitOptions fit;
  fit.epochs = 2;
  fit.batch_size = 37;
  fit.verbose = 0;
  fit.sample_weight = Tensor::full({100}, 1.0);
  fit.sample_weight.span<float>()[3] = 0.25f;
  const Tensor x = test::sample_tensor({100, 6}, DType::f32);
  return test::record_of(model, model.fit(x, test::sample_tensor({100, 3}, DType::f32, 5), fit));
}

TEST(MpiWorld, GivesTheBitsOfThreadsAndOfOneProcess) {
  const test::Record processes = test::record_on(*mpi_test_world, 1, 8, job);
  EXPECT_EQ(test::difference(processes, test::run_on(mpi_test_world->size(), 1, 8, job)), "");
  EXPECT_EQ(test::difference(processes, test::run_on(1, 1, 8, job)), "");
}

// Their sums lie in the ranks' own memory, or in what the ranks of one host share.
TEST(MpiWorld, GivesTheSameBitsInSeveralPassesOverTheShards) {
  const test::Record alone = test::run_on(1, 1, 16, job);
  for (const bool share_memory : {false, true}) {
    const auto reducer = [&](Communicator& communicator) -> std::unique_ptr<Reducer> {
      return std::make_unique<CommunicatorReducer>(communicator, share_memory);
    };
    testing::internal::CaptureStderr();
    const auto record = test::record_on(*mpi_test_world, 1, 16, job, reducer, /*memory=*/1);
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_EQ(test::difference(record, alone), "");
    const bool pays = mpi_test_world->size() <= 2;  // elsewhere a rank has few rows and many sums
    EXPECT_TRUE(!pays || log.find("passes: memory") != std::string::npos) << log;
  }
}

}  // namespace
}  // namespace tutti
