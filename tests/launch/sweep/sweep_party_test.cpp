#include "launch/sweep/sweep_party.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"

namespace tutti {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsSupersetOf;

class Party : public testing::Test {
 protected:
  SweepParty of(const EnvironmentMap& environment, bool join = false,
                std::optional<int> slots = {}) const {
    return sweep_party(environment, SweepFolder("runs/s"),
                       {.join = join, .study_slots = 2, .slots = slots});
  }
};

TEST_F(Party, OneProcessIsAlone) {
  const SweepParty party = of({});
  EXPECT_TRUE(party.alone());
  EXPECT_EQ(party.slots, 2);
}

TEST_F(Party, RanksOfOneHostMeetOnLoopback) {
  const SweepParty party = of({{"OMPI_COMM_WORLD_SIZE", "4"},
                               {"OMPI_COMM_WORLD_LOCAL_SIZE", "4"},
                               {"OMPI_COMM_WORLD_RANK", "1"}});
  EXPECT_TRUE(party.joined);
  EXPECT_EQ(party.slots, 1);
  EXPECT_EQ(party.pool.listen, "127.0.0.1");
  ASSERT_EQ(party.pool.starts.size(), 1u);
  EXPECT_THAT(party.pool.starts[0].child.command, IsSupersetOf({"work", "runs/s"}));
}

TEST_F(Party, ARankAloneIsAProcessAlone) {
  EXPECT_TRUE(of({{"OMPI_COMM_WORLD_SIZE", "1"}, {"OMPI_COMM_WORLD_RANK", "0"}}).alone());
}

TEST_F(Party, JobsOfAnArrayMeetWhereOtherHostsReachThem) {
  const SweepParty party = of({{"SLURM_JOB_ID", "7"},
                               {"SLURM_JOB_NODELIST", "n1"},
                               {"SLURM_TASKS_PER_NODE", "4"},
                               {"SLURM_ARRAY_TASK_ID", "2"}});
  EXPECT_TRUE(party.joined);
  EXPECT_EQ(party.slots, 4);
  EXPECT_NE(party.pool.listen, party.pool.addresses.front());
}

TEST_F(Party, AnAllocationHasAStepOnEachNode) {
  const EnvironmentMap allocation = {{"SLURM_JOB_ID", "7"},
                                     {"SLURM_JOB_NODELIST", "n[1-2]"},
                                     {"SLURM_TASKS_PER_NODE", "2,1"},
                                     {"SLURM_CPUS_PER_TASK", "3"}};
  const SweepParty party = of(allocation);
  EXPECT_FALSE(party.joined);
  ASSERT_EQ(party.pool.starts.size(), 2u);
  const auto& first = party.pool.starts[0].child.command;
  EXPECT_EQ(first.front(), "srun");
  EXPECT_THAT(first, IsSupersetOf({"--nodelist=n1", "--cpus-per-task=6"}));
  EXPECT_EQ(first.back(), "2");
  EXPECT_EQ(party.pool.starts[1].child.command.back(), "1");
  EXPECT_EQ(of(allocation, false, 5).pool.starts[1].child.command.back(), "5");
}

TEST_F(Party, OneNodeNeedsNoSteps) {
  const SweepParty party =
      of({{"SLURM_JOB_ID", "7"}, {"SLURM_JOB_NODELIST", "n1"}, {"SLURM_TASKS_PER_NODE", "8"}});
  EXPECT_TRUE(party.alone());
  EXPECT_EQ(party.slots, 8);
}

TEST_F(Party, AnArrayOfJobsOfSeveralNodesIsRefused) {
  try {
    of({{"SLURM_JOB_ID", "7"},
        {"SLURM_JOB_NODELIST", "n[1-2]"},
        {"SLURM_TASKS_PER_NODE", "1(x2)"},
        {"SLURM_ARRAY_TASK_ID", "0"}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("2 nodes"));
  }
}

}  // namespace
}  // namespace tutti
