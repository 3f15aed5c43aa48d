#include "distributed/mpi/environment.h"

#include <gmock/gmock.h>

#include "core/base/error.h"
#include "distributed/mpi/mpi_communicator.h"

namespace tutti {
namespace {

void expect_launch(const EnvironmentMap& environment, Launcher launcher, int ranks, bool wired,
                   int rank = 0) {
  const LaunchEnvironment found = detect_launcher(environment);
  EXPECT_EQ(name_of(found.launcher), name_of(launcher));
  EXPECT_EQ(found.ranks, ranks);
  EXPECT_EQ(found.wired, wired);
  EXPECT_EQ(found.rank, rank);
}

TEST(LaunchEnvironment, APlainShellIsNone) {
  expect_launch({}, Launcher::none, 1, false);
  expect_launch({{"PATH", "/bin"}, {"OMPI_MCA_btl", "tcp"}}, Launcher::none, 1, false);
}

TEST(LaunchEnvironment, MpirunOfOpenMpi) {
  expect_launch({{"OMPI_COMM_WORLD_SIZE", "4"}, {"OMPI_COMM_WORLD_RANK", "1"}, {"PMIX_RANK", "1"}},
                Launcher::mpirun, 4, true, 1);
}

TEST(LaunchEnvironment, MpirunWithinSlurmIsNotSrun) {
  expect_launch({{"OMPI_COMM_WORLD_SIZE", "6"},
                 {"OMPI_COMM_WORLD_RANK", "3"},
                 {"SLURM_PROCID", "1"},
                 {"SLURM_STEP_ID", "0"},
                 {"SLURM_STEP_NUM_TASKS", "2"}},
                Launcher::mpirun, 6, true, 3);
}

TEST(LaunchEnvironment, SrunWithAndWithoutPmix) {
  const EnvironmentMap bare{
      {"SLURM_PROCID", "2"}, {"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NUM_TASKS", "4"}};
  expect_launch(bare, Launcher::srun, 4, false, 2);
  EnvironmentMap wired = bare;
  wired["PMIX_RANK"] = "2";
  expect_launch(wired, Launcher::srun, 4, true, 2);
}

TEST(LaunchEnvironment, TheStepsTasksCountNotTheJobs) {
  expect_launch({{"SLURM_PROCID", "0"},
                 {"SLURM_STEP_ID", "3"},
                 {"SLURM_STEP_NUM_TASKS", "1"},
                 {"SLURM_NTASKS", "8"}},
                Launcher::srun, 1, false);
}

TEST(LaunchEnvironment, BatchScriptsAndAllocatedShellsAreNoRanks) {
  expect_launch({{"SLURM_NTASKS", "4"}, {"SLURM_PROCID", "0"}, {"SLURM_JOB_ID", "7"}},
                Launcher::none, 1, false);
  expect_launch({{"SLURM_NTASKS", "4"}, {"SLURM_JOB_ID", "7"}}, Launcher::none, 1, false);
}

TEST(LaunchEnvironment, OtherLaunchers) {
  expect_launch({{"PMI_RANK", "2"}, {"PMI_SIZE", "3"}}, Launcher::mpirun, 3, true, 2);
  expect_launch({{"PMIX_RANK", "0"}}, Launcher::mpirun, 0, true);
}

TEST(LaunchEnvironment, NonsenseIsNamed) {
  try {
    detect_launcher({{"OMPI_COMM_WORLD_SIZE", "four"}});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::world);
    EXPECT_THAT(error.what(), testing::HasSubstr("OMPI_COMM_WORLD_SIZE='four'"));
  }
  EXPECT_THROW(detect_launcher({{"OMPI_COMM_WORLD_SIZE", "-1"}}), Error);
  EXPECT_THROW(detect_launcher({{"OMPI_COMM_WORLD_SIZE", ""}}), Error);
}

TEST(LaunchEnvironment, RanksThatDoNotMeetAreAnError) {
  const LaunchEnvironment srun{Launcher::srun, 4, false};
  try {
    check_ranks_meet(srun, 1);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::world);
    EXPECT_THAT(error.what(), testing::HasSubstr("started 4 ranks"));
    EXPECT_THAT(error.what(), testing::HasSubstr("--mpi=pmix"));
  }
  EXPECT_THROW(check_ranks_meet({Launcher::mpirun, 2, true}, 1), Error);
  // All ranks fail alike: only the first is to speak.
  EXPECT_THROW(check_ranks_meet({Launcher::srun, 4, false, 3}, 1), PeerFailure);
  EXPECT_NO_THROW(check_ranks_meet(srun, 4));
  EXPECT_NO_THROW(check_ranks_meet({Launcher::mpirun, 0, true}, 1));
}

TEST(LaunchEnvironment, ReadsThisProcess) {
  EXPECT_FALSE(process_environment().at("PATH").empty());
}

TEST(MessagePieces, CoverAMessageOnce) {
  const auto pieces = [](size_t bytes, size_t limit) {
    std::vector<std::pair<size_t, size_t>> found;
    for_each_piece(bytes, limit, [&](size_t at, size_t size) { found.emplace_back(at, size); });
    return found;
  };
  using testing::ElementsAre;
  using testing::Pair;
  EXPECT_THAT(pieces(0, 10), ElementsAre(Pair(0, 0)));
  EXPECT_THAT(pieces(10, 10), ElementsAre(Pair(0, 10)));
  EXPECT_THAT(pieces(25, 10), ElementsAre(Pair(0, 10), Pair(10, 10), Pair(20, 5)));
}

}  // namespace
}  // namespace tutti
