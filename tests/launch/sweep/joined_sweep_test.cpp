// One sweep of several processes: who leads, who works, and what is left when one of them goes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "tests/launch/sweep/sweep_fixture.h"

namespace tutti {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing_support::read_text;

constexpr const char* kJoin = "--join --interface 127.0.0.1";

// What random search tries does not depend on the order of ends.
std::string random_study(int trials, int epochs) {
  return testing_support::iris_study(
      "tuner: Random\nseed: 3\nfuse: false\nmax_trials: " + std::to_string(trials) + "\n", epochs);
}

class JoinedSweep : public testing_support::WithSweep {
 protected:
  pid_t join(const std::string& more = "") const {
    return begin("study.yaml " + std::string(kJoin) + " " + more);
  }

  std::string errors() const { return read_text(folder_ / "err.txt"); }

  // Waits until what the processes printed has so many of these words.
  void wait_for(const std::string& words, int times = 1) const {
    for (int i = 0; i < 3000; ++i) {
      const std::string text = read_text(folder_ / "out.txt");
      int seen = 0;
      for (size_t at = text.find(words); at != text.npos; at = text.find(words, at + 1)) ++seen;
      if (seen >= times) return;
      std::this_thread::sleep_for(milliseconds(10));
    }
    FAIL() << "no '" << words << "' in " << read_text(folder_ / "out.txt") << errors();
  }

  // A process that one of them started, by a word of its command line.
  static pid_t child_of(pid_t parent, const std::string& word) {
    for (int i = 0; i < 1000; ++i) {
      const auto path = fmt::format("/proc/{0}/task/{0}/children", parent);
      std::ifstream children(path);
      for (pid_t child = 0; children >> child;) {
        const std::string line = read_text(fmt::format("/proc/{}/cmdline", child));
        if (line.find(word) != line.npos) return child;
      }
      std::this_thread::sleep_for(milliseconds(10));
    }
    ADD_FAILURE() << "no " << word << " below " << parent;
    return -1;
  }

  // Every trial ended once, with what it has in a sweep of one process.
  void expect_as_alone(const std::string& folder = "runs/study") const {
    const auto alone = shell("tutti sweep study.yaml --run runs/alone");
    ASSERT_EQ(alone.code, 0) << alone.err;
    const StudyRecord all = record(folder), one = record("runs/alone");
    ASSERT_EQ(all.trials.size(), one.trials.size());
    EXPECT_EQ(all.finished.size(), one.trials.size());
    for (size_t i = 0; i < one.trials.size(); ++i) {
      EXPECT_EQ(all.trials[i].state, TrialState::complete) << i;
      EXPECT_EQ(all.trials[i].point, one.trials[i].point) << i;
      EXPECT_EQ(all.trials[i].values, one.trials[i].values) << i;
      EXPECT_EQ(all.trials[i].intermediate, one.trials[i].intermediate) << i;
      EXPECT_EQ(all.trials[i].user_attributes.at(kParameters),
                one.trials[i].user_attributes.at(kParameters))
          << i;
    }
  }
};

TEST_F(JoinedSweep, RanksOfMpirunShareIt) {
  write("study.yaml", random_study(6, 20));
  const auto ran = shell(std::string(testing_support::kMpirun) + "-n 3 " +
                         testing_support::tutti_program() + " sweep study.yaml");
  ASSERT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("6 complete"));
  EXPECT_EQ(ran.out.find("sweep: over"), ran.out.rfind("sweep: over")) << "more than one speaks";
  EXPECT_EQ(ran.out.find('\x1b'), ran.out.npos) << "mpirun's terminal is taken for one of people";
  expect_as_alone();
}

TEST_F(JoinedSweep, WhoComesLaterTrainsToo) {
  write("study.yaml", random_study(10, 150));
  const pid_t first = join();
  wait_for("joins");
  const pid_t second = join("--slots 2");
  wait_for("joins with 2 at a time");
  EXPECT_EQ(end_of(first), 0) << errors();
  EXPECT_EQ(end_of(second), 0) << errors();
  EXPECT_FALSE(std::filesystem::exists(folder_ / "runs/study/.launch"));
  expect_as_alone();
}

// The one that leads and its worker are killed, and the worker of none: the others go on.
TEST_F(JoinedSweep, AnotherLeadsWhenTheFirstIsKilled) {
  write("study.yaml", random_study(6, 400));
  const pid_t first = join();
  wait_for("joins");
  const pid_t second = join();
  wait_for("joins", 2);
  kill(first, SIGKILL);
  EXPECT_EQ(end_of(first), -SIGKILL);
  EXPECT_EQ(end_of(second), 0) << errors();
  EXPECT_THAT(errors(), HasSubstr("who led here before was killed"));
  expect_as_alone();
}

TEST_F(JoinedSweep, AKilledWorkerIsStartedAgain) {
  write("study.yaml", random_study(4, 400));
  const pid_t first = join();
  wait_for("begins");
  kill(child_of(first, "work"), SIGKILL);
  EXPECT_EQ(end_of(first), 0) << errors();
  const std::string out = read_text(folder_ / "out.txt");
  EXPECT_THAT(out, HasSubstr("lost: its worker on"));
  EXPECT_THAT(out, HasSubstr("it is started again"));
  expect_as_alone();
}

// Asked to end, a worker saves what it trains, and others go on with that.
TEST_F(JoinedSweep, WhoLeavesHandsItsTrialsOn) {
  write("study.yaml", random_study(5, 500));
  const pid_t first = join();
  wait_for("joins");
  const pid_t second = join();
  wait_for("joins", 2);
  child_of(second, "train");
  kill(second, SIGTERM);
  EXPECT_EQ(end_of(second), 10) << errors();
  EXPECT_EQ(end_of(first), 0) << errors();
  EXPECT_THAT(read_text(folder_ / "out.txt"), HasSubstr("its worker leaves"));
  expect_as_alone();
}

// So does the one that leads, and the sweep with them.
TEST_F(JoinedSweep, WhoLeadsHandsTheSweepOn) {
  write("study.yaml", random_study(6, 300));
  const pid_t first = join();
  wait_for("joins");
  const pid_t second = join();
  wait_for("joins", 2);
  kill(first, SIGTERM);
  EXPECT_EQ(end_of(first), 10) << errors();
  EXPECT_EQ(end_of(second), 0) << errors();
  expect_as_alone();
}

TEST_F(JoinedSweep, ItIsStoppedAndGoesOn) {
  write("study.yaml", random_study(5, 500));
  const pid_t first = join();
  wait_for("joins");
  const pid_t second = join();
  wait_for("joins", 2);
  ASSERT_EQ(shell("tutti sweep stop runs/study").code, 0);
  EXPECT_EQ(end_of(first), 10) << errors();
  EXPECT_EQ(end_of(second), 10) << errors();
  const auto more = shell("tutti sweep resume runs/study " + std::string(kJoin));
  EXPECT_EQ(more.code, 0) << more.err;
  expect_as_alone();
}

// Paused trials go on wherever there is a slot, with the decisions of one process.
TEST_F(JoinedSweep, ItDecidesAsOneProcess) {
  write("study.yaml",
        testing_support::iris_study(
            "tuner: TPE\nseed: 5\nfuse: false\nmax_trials: 9\npruner: {SuccessiveHalving: "
            "{min_resource: 2, reduction_factor: 3, promotion: true}}\n",
            18));
  const auto ran = shell("tutti sweep study.yaml " + std::string(kJoin));
  ASSERT_EQ(ran.code, 0) << ran.err;
  ASSERT_EQ(shell("tutti sweep study.yaml --run runs/alone").code, 0);
  EXPECT_EQ(decisions(record()), decisions(record("runs/alone")));
}

TEST_F(JoinedSweep, WhatIsWrongIsOneLine) {
  write("study.yaml", random_study(2, 2));
  const std::map<std::string, std::pair<int, std::string>> faults = {
      {"--join --overwrite", {2, "several processes begin"}},
      {"--join --interface nosuch0", {2, "nosuch0"}},
      {"--array 3", {2, "add --slurm"}},
      {"--slurm --dry-run --array none", {2, "no number of jobs"}}};
  for (const auto& [options, expected] : faults) {
    const auto ran = shell("tutti sweep study.yaml " + options);
    EXPECT_EQ(ran.code, expected.first) << options << "\n" << ran.err;
    EXPECT_THAT(ran.err, HasSubstr(expected.second));
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "runs"));
}

TEST_F(JoinedSweep, AJobThatDoesNotMeasureItsObjectiveEndsAll) {
  std::string text = random_study(2, 2);
  text.replace(text.find("{metric: val_loss}"), 18, "{metric: val_auc, direction: maximize}");
  write("study.yaml", text);
  const auto ran = shell("tutti sweep study.yaml " + std::string(kJoin));
  EXPECT_NE(ran.code, 0);
  EXPECT_THAT(ran.err, HasSubstr("val_auc"));
}

TEST_F(JoinedSweep, TheScriptForSlurmIsAnArrayOfEqualJobs) {
  write("study.yaml", random_study(2, 2));
  const auto ran = shell(
      "tutti sweep study.yaml --run runs/s --slurm --dry-run --slots 4 --array 3 --time 1:00:00");
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("#SBATCH --array=0-2\n"));
  EXPECT_THAT(ran.out, HasSubstr("#SBATCH --ntasks=4\n"));
  EXPECT_THAT(ran.out, HasSubstr(" sweep study.yaml --run runs/s &\n"));
  EXPECT_THAT(ran.out, HasSubstr("scontrol requeue"));
}

}  // namespace
}  // namespace tutti
