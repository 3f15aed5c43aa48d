// `tutti launch` with mpirun: the bits of an undisturbed run, whatever happens on the way.
#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "tests/launch/run_program.h"

namespace tutti::testing_support {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// As root, on fewer cores than ranks.
std::string launch(const std::string& options) {
  return "export OMPI_MCA_btl_vader_single_copy_mechanism=none ASAN_OPTIONS=detect_leaks=0 "
         "OMPI_MCA_mpi_yield_when_idle=1; " +
         quoted_word(tutti_program()) + " launch --threads 1 " + options;
}

class LaunchCommand : public InTemporaryFolder {
 protected:
  LaunchCommand() {
    write("job.yaml",
          "data: {dataset: digits, split: {test: 0.2, seed: 42}}\n"
          "model:\n  - Dense: {units: 32, activation: relu}\n  - Dense: {units: 10}\n"
          "loss: {SparseCategoricalCrossentropy: {from_logits: true}}\noptimizer: Adam\n"
          "fit: {epochs: 300, batch_size: 32}\nseed: 42\nshards: 4\nreport: false\n"
          "checkpoint: {every: 100 steps}\n");
    alone_ = last_line(shell("tutti train job.yaml --threads 1 --run alone").out);
    EXPECT_THAT(alone_, StartsWith("parameters "));
  }
  // While it trains, does `disturb`, in which $ranks are the processes of its ranks.
  Finished disturbed(const std::string& disturb) {
    return shell(
        launch("-n 3 job.yaml --run run & launcher=$!; ") +
        "for i in $(seq 600); do "
        "[ \"$(cat run/history.csv 2>/dev/null | wc -l)\" -ge 4 ] && break; sleep 0.05; done; "
        "ranks=$(pgrep -x tutti -P $(pgrep -d, -P $(pgrep -d, -P $launcher))); " +
        disturb + "; wait $launcher");
  }
  // Of the run nothing is left, within 10 s: whoever works in the folder belongs to it.
  void expect_nothing_left() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!at_work().empty() && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_THAT(at_work(), testing::IsEmpty());
    EXPECT_FALSE(std::filesystem::exists(folder_ / "run/.launch"));
  }
  std::vector<std::string> at_work() const {
    std::vector<std::string> processes;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      std::error_code error;
      if (std::filesystem::read_symlink(entry.path() / "cwd", error) == folder_ && !error)
        processes.push_back(entry.path().filename().string() + " " +
                            read_text(entry.path() / "cmdline"));
    }
    return processes;
  }

  std::string alone_;
};

TEST_F(LaunchCommand, GivesTheBitsOfOneProcess) {
  const Finished run = shell(launch("-n 2 job.yaml --run run"));
  ASSERT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_EQ(last_line(run.out), alone_);
  EXPECT_THAT(run.out, testing::Not(HasSubstr("|")));
  expect_nothing_left();
}

TEST_F(LaunchCommand, GoesOnWhenARankIsKilled) {
  const Finished run = disturbed("set -- $ranks; kill -9 $2");
  ASSERT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_EQ(last_line(run.out), alone_);
  EXPECT_THAT(run.err, HasSubstr(" ended by signal 9 (Killed) at step "));
  EXPECT_THAT(run.err, HasSubstr("[world 2] 3 ranks"));
  expect_nothing_left();
}

TEST_F(LaunchCommand, StopsOnSigtermAndGoesOnLater) {
  const Finished stopped = disturbed("kill -TERM $launcher");
  EXPECT_EQ(stopped.code, 10) << stopped.out << stopped.err;
  EXPECT_THAT(last_line(stopped.err),
              testing::ContainsRegex("go on from step [0-9]+ with --run run --resume"));
  expect_nothing_left();
  const Finished refused = shell(launch("-n 2 job.yaml --run run"));
  EXPECT_EQ(refused.code, 8);
  EXPECT_THAT(refused.err, HasSubstr("holds a run already"));
  const Finished resumed = shell(launch("-n 2 --run run --resume"));
  ASSERT_EQ(resumed.code, 0) << resumed.out << resumed.err;
  EXPECT_EQ(last_line(resumed.out), alone_);
}

// Slurm signals the script, which hands the signal on, and what runs in it.
TEST_F(LaunchCommand, TakesSignalsThatComeTogetherForOne) {
  const Finished stopped = disturbed("kill -TERM $launcher; kill -HUP $launcher");
  EXPECT_EQ(stopped.code, 10) << stopped.out << stopped.err;
  EXPECT_THAT(stopped.out + stopped.err, HasSubstr("is saved"));
}

TEST_F(LaunchCommand, ForksAnotherRun) {
  const std::string longer = " --set fit.epochs=310";
  const Finished one = shell("tutti train job.yaml --threads 1 --run one --fork alone" + longer);
  ASSERT_EQ(one.code, 0) << one.err;
  const Finished forked = shell(launch("-n 2 job.yaml --run forked --fork alone --trace" + longer));
  ASSERT_EQ(forked.code, 0) << forked.out << forked.err;
  EXPECT_EQ(last_line(forked.out), last_line(one.out));
  EXPECT_EQ(read_text(folder_ / "forked/history.csv"), read_text(folder_ / "one/history.csv"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "forked/trace/rank-1.json"));
  const Finished none = shell(launch("-n 2 job.yaml --run none --fork nowhere"));
  EXPECT_EQ(none.code, 4) << none.err;
}

// As Slurm does when it preempts a job: the launcher hears of it from the ranks.
TEST_F(LaunchCommand, StopsWhenItsRanksAreAskedTo) {
  const Finished stopped = disturbed("kill -TERM $ranks");
  EXPECT_EQ(stopped.code, 10) << stopped.out << stopped.err;
  EXPECT_THAT(last_line(stopped.err), HasSubstr("was asked to stop, and has saved its state"));
  EXPECT_THAT(last_line(stopped.err),
              testing::ContainsRegex("go on from step [0-9]+ with --run run --resume"));
  expect_nothing_left();
  const Finished resumed = shell(launch("-n 2 --run run --resume"));
  EXPECT_EQ(last_line(resumed.out), alone_);
}

TEST_F(LaunchCommand, HoldsItsRun) {
  const Finished other = disturbed(quoted_word(tutti_program()) +
                                   " train job.yaml --run run --resume; echo code $?; kill "
                                   "$launcher");
  EXPECT_THAT(other.out, HasSubstr("code 8"));
  EXPECT_THAT(other.err, HasSubstr("is in use by process"));
}

TEST_F(LaunchCommand, LeavesNothingWhenItIsKilled) {
  const Finished killed = disturbed("kill -9 $launcher");
  EXPECT_EQ(killed.code, 137);
  expect_nothing_left();
  const Finished resumed = shell(launch("-n 2 --run run --resume"));
  ASSERT_EQ(resumed.code, 0) << resumed.out << resumed.err;
  EXPECT_EQ(last_line(resumed.out), alone_);
}

TEST_F(LaunchCommand, FailsWhereWhatItPrintsIsLost) {
  const Finished run = shell(launch("-n 2 job.yaml --run run --set fit.epochs=1 > /dev/full"));
  EXPECT_EQ(run.code, 8) << run.err;
  EXPECT_EQ(last_line(run.err), "[stdout] cannot be written to; the run is whole in run");
  expect_nothing_left();
}

TEST_F(LaunchCommand, NamesWhatIsWrong) {
  const auto refuses = [&](const std::string& options, int code, const std::string& words) {
    const Finished run = shell("tutti launch " + options);
    EXPECT_EQ(run.code, code) << options << "\n" << run.err;
    EXPECT_THAT(run.err, HasSubstr(words)) << options;
  };
  refuses("job.yaml", 2, "how many ranks? Give -n");
  refuses("-n 0 job.yaml", 2, "[--ranks] 0 is too few");
  refuses("-n 2 --min-ranks 3 job.yaml", 2, "[--min-ranks] is 3, and -n is 2");
  refuses("-n 2 --max-ranks 1 job.yaml", 2, "[--max-ranks] 1 is too few");
  refuses("-n 2 --hosts '-x' job.yaml", 2, "'-x' is no host");
  refuses("-n 2 --bind cores job.yaml", 2, "did you mean 'core'?");
  refuses("-n 2 --interface nowhere0 job.yaml", 2, "no interface 'nowhere0'");
  refuses("-n 2 --env NOT_SET_ANYWHERE job.yaml", 2, "'NOT_SET_ANYWHERE' is not set");
  refuses("-n 2 --resume job.yaml", 2, "[--resume] which run?");
  refuses("-n 2 none.yaml", 4, "none.yaml");
  refuses("-n 2 --hosts-file none job.yaml", 4, "none");
  refuses("-n 2 job.yaml --set fit.epoch=2", 3, "did you mean 'epochs'?");
  refuses("-n 2 --mpi-args 'a\\' job.yaml", 2, "[--mpi-args] 'a\\' is nothing that a shell would");
  refuses("-n 9 job.yaml", 6, "use at most 4, or --set shards=36");
  refuses("-n 2 --dry-run job.yaml", 2, "[--dry-run] is for Slurm; add --slurm");
  EXPECT_EQ(shell("tutti resize alone -n 2").code, 4);
  EXPECT_EQ(shell("tutti supervise").code, 2);
  EXPECT_THAT(shell("tutti supervise --probe").out, StartsWith("tutti boot "));
}

// Before the job waits for its turn, and not when it has it.
TEST_F(LaunchCommand, NamesWhatWouldBeWrongUnderSlurm) {
  write("sweep", "seed=1\n\nfit.epoch=2\n");
  const auto refuses = [&](const std::string& options, int code, const std::string& words) {
    const Finished run = shell("tutti launch --slurm --dry-run --run planned " + options);
    EXPECT_EQ(run.code, code) << options << "\n" << run.err;
    EXPECT_THAT(run.err, HasSubstr(words)) << options;
    EXPECT_EQ(run.out, "") << options;
  };
  refuses("job.yaml", 2, "how many ranks? Give -n");
  refuses("-n 2 --bind cores job.yaml", 2, "did you mean 'core'?");
  refuses("-n 2 --starter sruns job.yaml", 2, "did you mean 'srun'?");
  refuses("-n 2 --min-ranks 3 job.yaml", 2, "[--min-ranks] is 3, and -n is 2");
  refuses("-n 2 --page nowhere job.yaml", 2, "nowhere");
  refuses("-n 2 --hosts a:2 job.yaml", 2, "[--hosts] Slurm chooses the hosts");
  refuses("-n 2 --time 2 job.yaml", 2, "[--lead] 120 s before the limit of 120 s");
  refuses("-n 9 job.yaml", 6, "use at most 4, or --set shards=36");
  refuses("-n 2 job.yaml --set fit.epoch=2", 3, "did you mean 'epochs'?");
  refuses("-n 2 --array sweep job.yaml", 3, "[sweep:3] [");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "planned"));
}

}  // namespace
}  // namespace tutti::testing_support
