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
    return digest_of(std::string(TUTTI_SOURCE_DIR) + "/launch/examples/digits.yaml", program,
                     "--set fit.epochs=2 " + arguments);
  }
  std::string digest_of(const std::filesystem::path& job, const std::string& program,
                        const std::string& arguments) {
    const std::string line = program + " train " + quoted_word(job.string()) + " --run run" +
                             std::to_string(++runs_) + " " + arguments;
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

// Whatever this machine has: the instructions that every x86-64 has.
TEST_F(MpirunDigest, WithoutVectorExtensions) {
  const std::string alone = digest("tutti", "--isa x86_64");
  EXPECT_THAT(alone, testing::HasSubstr("/x86_64/"));
  EXPECT_EQ(digest(mpirun(2), "--isa x86_64 --threads 1"), alone);
}

// All at once: sample weights, dropout, L2, batches of 37 of 120 rows, the last of 9, and 3 shards.
TEST_F(MpirunDigest, OfUnevenShardsOfWeightedRows) {
  for (const char* clip : {"clipnorm", "global_clipnorm"}) {
    const auto job = write(
        std::string(clip) + ".yaml",
        "data:\n  dataset: iris\n  inputs: [sepal_length, petal_length, petal_width]\n"
        "  sample_weight: sepal_width\n  split: {test: 0.2, seed: 42}\n"
        "model:\n  - Dense: {units: 16, activation: relu, kernel_regularizer: {L2: {l2: 0.01}}}\n"
        "  - Dropout: {rate: 0.3}\n  - Dense: {units: 3, activation: softmax}\n"
        "loss: sparse_categorical_crossentropy\nmetrics: [accuracy]\n"
        "optimizer: {Adam: {learning_rate: 0.01, " +
            std::string(clip) +
            ": 0.05}}\n"
            "fit: {epochs: 3, batch_size: 37}\nseed: 42\nshards: 3\n");
    const std::string alone = digest_of(job, "tutti", "--threads 2");
    for (const int ranks : {2, 3})
      EXPECT_EQ(digest_of(job, mpirun(ranks), "--threads 1"), alone) << clip << ", " << ranks;
    EXPECT_NE(digest_of(job, "tutti", "--set sample_weight=null"), alone) << "weights do nothing";
  }
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
