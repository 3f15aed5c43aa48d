// How a command and a program begin in a world that does not come together.
#include <gmock/gmock.h>

#include "tests/launch/run_program.h"

namespace tutti::testing_support {
namespace {

class SessionBegins : public InTemporaryFolder {
 protected:
  // As the `rank`-th of 4 processes that srun starts without --mpi=pmix.
  Finished unwired_rank(int rank, const std::string& program) {
    return shell("SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=4 SLURM_PROCID=" + std::to_string(rank) +
                 " " + program);
  }
};

TEST_F(SessionBegins, RanksThatDoNotMeetEndWithOneMessageInAll) {
  const std::string job = quoted_word(std::string(TUTTI_SOURCE_DIR) + "/launch/examples/iris.yaml");
  const std::string example = quoted_word(std::string(TUTTI_BINARY_DIR) + "/bin/example_iris");
  for (const std::string& program : {quoted_word(tutti_program()) + " train " + job, example}) {
    const Finished first = unwired_rank(0, program), other = unwired_rank(3, program);
    EXPECT_THAT(first.err,
                testing::MatchesRegex("\\[srun\\] Slurm started 4 ranks, but each sees a "
                                      "world of 1; start them with srun --mpi=pmix\n"));
    EXPECT_EQ(first.code, 6);
    EXPECT_EQ(other.err + other.out, "");
    EXPECT_EQ(other.code, 6);
  }
}

// Otherwise the digest would be of no job at all, or ranks would wait for steps that others lack.
TEST_F(SessionBegins, RanksThatReadOtherRowsEndWithOneMessage) {
  std::string command =
      "OMPI_MCA_btl_vader_single_copy_mechanism=none mpirun --allow-run-as-root "
      "--oversubscribe ";
  for (const std::string rank : {"first", "second"}) {
    std::filesystem::create_directory(folder_ / rank);
    write(rank + "/rows.csv",
          "x,y\n1,2\n2,4\n3," + std::string(rank == "first" ? "6" : "7") + "\n");
    const auto job = write(rank + "/job.yaml",
                           "data: {csv: rows.csv, label: y}\nmodel: [{Dense: {units: 1}}]\n"
                           "loss: mse\nfit: {epochs: 1, batch_size: 2, verbose: 0}\nseed: 1\n");
    command += (rank == "first" ? "" : ": ") + std::string("-n 1 ") + quoted_word(tutti_program()) +
               " train " + quoted_word(job.string()) + " --run run ";
  }
  const Finished ended = shell(command);
  EXPECT_EQ(ended.err,
            "[job.yaml:1:7] rank 1 reads something else than rank 0; give all ranks the "
            "same files\n");
  EXPECT_EQ(ended.code, 6);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
}

}  // namespace
}  // namespace tutti::testing_support
