// The communicator suite over the backends that need no launcher; tests/distributed/mpi runs it
// over mpi.
#include <gmock/gmock.h>

#include "distributed/self/self_communicator.h"
#include "distributed/thread/thread_communicator.h"
#include "tests/conformance/communicator_suite.h"
#include "tests/distributed/hang_watchdog.h"

namespace tutti {
namespace {

using communicator_suite::Case;

class CommunicatorConformance : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(All, CommunicatorConformance,
                         testing::ValuesIn(communicator_suite::all_cases()),
                         communicator_suite::case_name);

TEST_P(CommunicatorConformance, Self) {
  const auto communicator = make_self_communicator();
  EXPECT_EQ(communicator->name(), "self");
  GetParam().run(*communicator);
}

TEST_P(CommunicatorConformance, Thread) {
  for (const int world : {1, 2, 3, 4, 7}) {
    SCOPED_TRACE(world);
    run_ranks(world, [&](Communicator& c) {
      EXPECT_EQ(c.name(), "thread");
      EXPECT_EQ(c.size(), world);
      GetParam().run(c);
    });
  }
}

TEST(CommunicatorBackends, AreRegistered) {
  std::vector<std::string> names;
  for (const KindInfo* kind : kinds_of(CommunicatorBackend::category)) names.push_back(kind->name);
  EXPECT_THAT(names, testing::IsSupersetOf({"mpi", "self", "thread"}));
}

TEST(CommunicatorBackends, AProcessAloneJoinsSelf) { EXPECT_EQ(join_world()->name(), "self"); }

TEST(CommunicatorBackends, AThreadRankJoinsItsWorld) {
  run_ranks(3, [](Communicator& c) {
    const auto joined = join_world();
    EXPECT_EQ(joined->name(), "thread");
    EXPECT_EQ(joined->rank(), c.rank());
    EXPECT_EQ(joined->size(), 3);
    EXPECT_TRUE(joined->agree(true));
  });
}

}  // namespace
}  // namespace tutti
