// `tutti launch` with mpirun: the bits of an undisturbed run, whatever happens on the way.
#include <gmock/gmock.h>

#include "tests/launch/run_program.h"

namespace tutti::testing_support {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// As root, on fewer cores than ranks.
constexpr const char* kLaunch =
    "export OMPI_MCA_btl_vader_single_copy_mechanism=none ASAN_OPTIONS=detect_leaks=0; "
    "OMPI_MCA_mpi_yield_when_idle=1 tutti launch ";

class LaunchCommand : public InTemporaryFolder {
 protected:
  LaunchCommand() {
    write("job.yaml",
          "data: {dataset: digits, split: {test: 0.2, seed: 42}}\n"
          "model:\n  - Dense: {units: 32, activation: relu}\n  - Dense: {units: 10}\n"
          "loss: {SparseCategoricalCrossentropy: {from_logits: true}}\noptimizer: Adam\n"
          "fit: {epochs: 40, batch_size: 32}\nseed: 42\nshards: 4\nreport: false\n"
          "checkpoint: {every: 20 steps}\n");
    alone_ = last_line(shell("tutti train job.yaml --threads 1 --run alone").out);
    EXPECT_THAT(alone_, StartsWith("parameters "));
  }
  // While it trains, does `disturb`, in which $ranks are the processes of its ranks.
  Finished disturbed(const std::string& disturb, const std::string& options = "-n 3") {
    return shell(
        kLaunch + options +
        " job.yaml --threads 1 --run run & launcher=$!; trap 'kill -9 $launcher 2>/dev/null' EXIT; "
        "for i in $(seq 300); do [ \"$(wc -l < run/history.csv 2>/dev/null || echo 0)\" -ge 4 ] && "
        "break; sleep 0.1; done; "
        "ranks=$(pgrep -f '^[^ ]*tutti train .*--run run') ; " +
        disturb + "; wait $launcher; code=$?; trap - EXIT; exit $code");
  }
  // Nothing of the run is there any more, within 10 s.
  void expect_nothing_left() {
    const Finished left =
        shell("for i in $(seq 100); do pgrep -f " + quoted_word("tutti .*" + folder_.string()) +
              " > /dev/null || break; sleep 0.1; done; pgrep -af " +
              quoted_word("tutti .*" + folder_.string()) + "; ls run/.launch 2> /dev/null");
    EXPECT_EQ(left.out, "") << "processes and files";
  }

  std::string alone_;
};

TEST_F(LaunchCommand, GivesTheBitsOfOneProcess) {
  const Finished run = shell(std::string(kLaunch) + "-n 2 job.yaml --threads 1 --run run");
  ASSERT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_EQ(last_line(run.out), alone_);
  EXPECT_THAT(run.out, testing::Not(HasSubstr("|")));
  expect_nothing_left();
}

TEST_F(LaunchCommand, GoesOnWhenARankIsKilled) {
  const Finished run = disturbed("set -- $ranks; kill -9 $2");
  ASSERT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_EQ(last_line(run.out), alone_);
  EXPECT_THAT(run.err, HasSubstr(" ended by signal 9 at step "));
  EXPECT_THAT(run.err, HasSubstr("[world 2] 3 ranks"));
  expect_nothing_left();
}

TEST_F(LaunchCommand, StopsOnSigtermAndGoesOnLater) {
  const Finished stopped = disturbed("kill -TERM $launcher");
  EXPECT_EQ(stopped.code, 10) << stopped.out << stopped.err;
  EXPECT_THAT(last_line(stopped.err), HasSubstr("go on with --run run --resume"));
  expect_nothing_left();
  const Finished refused = shell(std::string(kLaunch) + "-n 2 job.yaml --run run");
  EXPECT_EQ(refused.code, 8);
  EXPECT_THAT(refused.err, HasSubstr("holds a run already"));
  const Finished resumed = shell(std::string(kLaunch) + "-n 2 --run run --resume --threads 1");
  ASSERT_EQ(resumed.code, 0) << resumed.out << resumed.err;
  EXPECT_EQ(last_line(resumed.out), alone_);
}

TEST_F(LaunchCommand, LeavesNothingWhenItIsKilled) {
  const Finished killed = disturbed("kill -9 $launcher");
  EXPECT_EQ(killed.code, 137);
  expect_nothing_left();
  const Finished resumed = shell(std::string(kLaunch) + "-n 2 --run run --resume --threads 1");
  ASSERT_EQ(resumed.code, 0) << resumed.out << resumed.err;
  EXPECT_EQ(last_line(resumed.out), alone_);
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
  EXPECT_EQ(shell("tutti resize alone -n 2").code, 4);
  EXPECT_EQ(shell("tutti supervise").code, 2);
  EXPECT_THAT(shell("tutti supervise --probe").out, StartsWith("tutti boot "));
}

}  // namespace
}  // namespace tutti::testing_support
