// The communicator suite and the ordered reduction on ranks that are processes.
#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>

#include "tests/conformance/communicator_suite.h"
#include "tests/distributed/hang_watchdog.h"
#include "tests/distributed/mpi/world_of_test.h"
#include "tests/distributed/tree_reduce_cases.h"

namespace tutti {
namespace {

using communicator_suite::Case;

class CommunicatorConformance : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(All, CommunicatorConformance,
                         testing::ValuesIn(communicator_suite::all_cases()),
                         communicator_suite::case_name);

TEST_P(CommunicatorConformance, Mpi) {
  EXPECT_EQ(mpi_test_world->name(), "mpi");
  GetParam().run(*mpi_test_world);
}

TEST(MpiWorld, ReducesInTreeOrder) {
  for (const int64_t shards : {1, 2, 3, 5, 7, 8, 16}) {
    if (shards < mpi_test_world->size()) continue;
    for (const int64_t n : {0, 1, 37, 2501}) {
      SCOPED_TRACE(fmt::format("S={} n={}", shards, n));
      tree_reduce_cases::check_reduction<float>(*mpi_test_world, shards, n);
      tree_reduce_cases::check_reduction<double>(*mpi_test_world, shards, n);
    }
  }
  tree_reduce_cases::check_reduction<float>(*mpi_test_world, 8, 70001);
}

// A rank that is gone is an error to its peers, also where MPI still writes to its socket.
TEST(MpiWorld, OutlivesABrokenConnection) {
  struct sigaction now {};
  ASSERT_EQ(sigaction(SIGPIPE, nullptr, &now), 0);
  EXPECT_EQ(now.sa_handler, SIG_IGN);
}

TEST(MpiWorld, IsWhatALaunchedProcessJoins) {
  const auto joined = join_world();
  EXPECT_EQ(joined->name(), mpi_test_world->size() == 1 ? "self" : "mpi");
  EXPECT_EQ(joined->rank(), mpi_test_world->rank());
  EXPECT_EQ(joined->size(), mpi_test_world->size());
}

TEST(MpiWorld, SaysWhatWouldMakeItFaultTolerant) {
  if (mpi_test_world->fault_tolerant()) return;
  try {
    mpi_test_world->revoke();
    FAIL() << "no error";
  } catch (const CommunicationError& error) {
    EXPECT_THAT(error.what(), testing::AllOf(testing::StartsWith("[mpi] revoke: "),
                                             testing::HasSubstr("mpirun --with-ft ulfm")));
  }
}

TEST(MpiWorld, LeavesNoSegmentBehind) {
  const auto region = mpi_test_world->share(1000);
  ASSERT_NE(region, nullptr);
  mpi_test_world->barrier();
  const std::string mine = "tutti-" + std::to_string(getpid()) + "-";
  for (const auto& entry : std::filesystem::directory_iterator("/dev/shm"))
    EXPECT_THAT(entry.path().filename().string(), testing::Not(testing::StartsWith(mine)));
}

// More memory than any host has: all ranks learn that there is none, and none is left reserved.
TEST(MpiWorld, SharesNothingWhenMemoryIsShort) {
  EXPECT_EQ(mpi_test_world->share(size_t{1} << 46), nullptr);
  EXPECT_NE(mpi_test_world->share(4096), nullptr);
}

TEST(MpiWorld, MessagesOfOtherSizesAreErrors) {
  if (mpi_test_world->size() == 1) return;
  const auto world = mpi_test_world->split(0, mpi_test_world->rank());
  std::vector<std::byte> data(8);
  std::vector<Outgoing> out;
  std::vector<Incoming> in;
  if (world->rank() == 0) out.push_back({1, std::span(data).first(4)});
  if (world->rank() == 1) in.push_back({0, data});
  if (world->rank() == 1)
    EXPECT_THROW(world->exchange(out, in), Error);
  else
    world->exchange(out, in);
}

}  // namespace
}  // namespace tutti
