#include "launch/slurm/srun_starter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::slurm {
namespace {

using testing::Contains;
using testing::Not;
using testing::StartsWith;

TEST(SrunStarter, SeatsRanksInTheirOrder) {
  const SrunStarter starter({.bind = "numa", .interface = "eth0", .more = {"--quiet"}}, 4);
  const auto child = starter.command({"n1", "n1", "n0"}, {"tutti", "supervise"});
  EXPECT_EQ(child.command.front(), "srun");
  for (const char* word :
       {"--mpi=pmix", "--ntasks=3", "--nodes=2", "--nodelist=n1,n1,n0", "--distribution=arbitrary",
        "--cpus-per-task=4", "--cpu-bind=ldoms", "--quiet"})
    EXPECT_THAT(child.command, Contains(word));
  EXPECT_EQ(child.command.end()[-1], "supervise");
  EXPECT_EQ(child.command.end()[-2], "tutti");
  EXPECT_GT(child.grace.count(), 0);
  EXPECT_THAT(child.environment,
              Contains(std::pair<std::string, std::string>("OMPI_MCA_btl_tcp_if_include", "eth0")));
}

TEST(SrunStarter, LeavesProcessorsToSlurm) {
  const auto child = SrunStarter({}, 0).command({"n0"}, {"tutti"});
  EXPECT_THAT(child.command, Not(Contains(StartsWith("--cpus-per-task"))));
  EXPECT_THAT(child.command, Not(Contains(StartsWith("--cpu-bind"))));
}

}  // namespace
}  // namespace tutti::slurm
