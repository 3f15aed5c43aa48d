// The promise, end to end: one job, started in many ways, ends with one line.
#include <gmock/gmock.h>

#include "distributed/thread/thread_communicator.h"
#include "launch/command_line.h"
#include "tests/launch/run_program.h"

namespace tutti::testing_support {
namespace {

class MpirunDigest : public InTemporaryFolder {
 protected:
  // The last line of a training of the digits by `program` (tutti, or tutti under mpirun).
  std::string digest(const std::string& program, const std::string& arguments) {
    const std::string job = std::string(TUTTI_SOURCE_DIR) + "/launch/examples/digits.yaml";
    const std::string line = program + " train " + quoted_word(job) +
                             " --set fit.epochs=2 --run run" + std::to_string(++runs_) + " " +
                             arguments;
    const Finished run = shell(line);
    EXPECT_EQ(run.code, 0) << line << "\n" << run.out << run.err;
    EXPECT_THAT(last_line(run.out), testing::StartsWith("parameters ")) << run.out;
    return last_line(run.out);
  }

 private:
  int runs_ = 0;
};

TEST_F(MpirunDigest, EightShardsOnAnyRanksAndThreads) {
  const std::string alone = digest("tutti", "--set shards=8 --threads 1");
  for (const int ranks : {1, 2, 3, 4, 7}) {
    for (const int threads : {1, 2}) {
      const std::string options = "--set shards=8 --threads " + std::to_string(threads);
      EXPECT_EQ(digest(mpirun(ranks), options), alone) << ranks << " ranks, " << options;
    }
  }
}

TEST_F(MpirunDigest, TheDefaultShardsOnOneToFourRanks) {
  const std::string alone = digest("tutti", "");
  for (int ranks = 1; ranks <= 4; ++ranks) EXPECT_EQ(digest(mpirun(ranks), ""), alone) << ranks;
}

// Ranks that are threads of this process exchange messages; processes of one host share memory.
TEST_F(MpirunDigest, OfRanksThatAreThreadsIsThatOfProcesses) {
  const std::string job = std::string(TUTTI_SOURCE_DIR) + "/launch/examples/digits.yaml";
  const std::string run = (folder_ / "threads").string();
  run_ranks(3, [&](Communicator&) {
    const std::vector<const char*> line{"tutti",    "train", job.c_str(),    "--set",
                                        "shards=8", "--set", "fit.epochs=2", "--threads",
                                        "1",        "--run", run.c_str()};
    EXPECT_EQ(run_command(static_cast<int>(line.size()), line.data()), 0);
  });
  digest(mpirun(3), "--set shards=8");
  EXPECT_EQ(read_text(folder_ / "threads" / "result.yaml"),
            read_text(folder_ / "run1/result.yaml"));
  EXPECT_EQ(read_text(folder_ / "threads" / "history.csv"),
            read_text(folder_ / "run1/history.csv"));
}

// A tree of another shape, or another seed, is another result: the digest sees it.
TEST_F(MpirunDigest, TellsOtherJobsApart) {
  const std::string eight = digest("tutti", "--set shards=8");
  EXPECT_NE(digest("tutti", "--set shards=4"), eight);
  EXPECT_NE(digest("tutti", "--set seed=43"), eight);
}

TEST_F(MpirunDigest, RanksOfDifferentInstructionSetsAgreeOnOne) {
  const std::string rank = "-n 1 " + quoted_word(tutti_program()) + " train ";
  const std::string arguments =
      quoted_word(std::string(TUTTI_SOURCE_DIR) + "/launch/examples/digits.yaml") +
      " --set fit.epochs=2 --run mixed --threads 1";
  const Finished mixed = shell(kMpirun + rank + arguments + " : -x ONEDNN_MAX_CPU_ISA=AVX2 " +
                               "-x ASAN_OPTIONS=detect_leaks=0 " + rank + arguments);
  ASSERT_EQ(mixed.code, 0) << mixed.out << mixed.err;
  EXPECT_EQ(last_line(mixed.out), digest("tutti", "--isa avx2"));
  EXPECT_THAT(last_line(mixed.out), testing::HasSubstr("/avx2/"));
}

}  // namespace
}  // namespace tutti::testing_support
