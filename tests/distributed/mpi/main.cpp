// Runs this program's tests on every rank of an MPI world. Rank 0 alone speaks, unless a rank
// fails.
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/distributed/mpi/world_of_test.h"

namespace tutti {

std::unique_ptr<Communicator> mpi_test_world;

namespace {

struct FailurePrinter : testing::EmptyTestEventListener {
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (result.failed())
      std::fprintf(stderr, "rank %d: %s:%d: %s\n", mpi_test_world->rank(), result.file_name(),
                   result.line_number(), result.summary());
  }
};

}  // namespace
}  // namespace tutti

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  tutti::mpi_test_world = tutti::make_mpi_communicator();
  if (tutti::mpi_test_world->rank() != 0) {
    auto& listeners = testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new tutti::FailurePrinter);
  }
  const int result = RUN_ALL_TESTS();
  tutti::mpi_test_world.reset();
  return result;
}
