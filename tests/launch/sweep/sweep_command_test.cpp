// `tutti sweep` as a user runs it, on Iris.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "core/base/random.h"
#include "launch/run_directory.h"
#include "tests/launch/sweep/sweep_fixture.h"

namespace tutti {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

std::string iris(const std::string& rest, int epochs = 6) {
  return testing_support::iris_study(rest, epochs);
}

class SweepTest : public testing_support::WithSweep {
 protected:
  // The process of the first trial, once it has trained for some epochs; -1 if that never is so.
  pid_t trial_of(pid_t sweep) const {
    const auto history = folder_ / "runs/study/trials/0/history.csv";
    for (int i = 0; i < 30'000; ++i) {
      std::this_thread::sleep_for(milliseconds(1));
      if (testing_support::read_text(history).size() < 100) continue;
      std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", sweep));
      for (pid_t child = 0; children >> child;)
        if (testing_support::read_text(fmt::format("/proc/{}/cmdline", child)).find("train") !=
            std::string::npos)
          return child;
    }
    return -1;
  }

  // Processes that were started for this folder and live.
  int left() const {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const std::string line = testing_support::read_text(entry.path() / "cmdline");
      if (line.find(folder_.string()) != std::string::npos &&
          line.find("train") != std::string::npos)
        ++count;
    }
    return count;
  }
};

TEST_F(SweepTest, TwelveTrialsByEachTuner) {
  for (const char* tuner : {"Random", "TPE"}) {
    write("study.yaml",
          iris(fmt::format("tuner: {}\nmax_trials: 12\nslots: 2\nenqueue: [{{units: 16}}]\n",
                           tuner)));
    const auto ran = shell(fmt::format("tutti sweep study.yaml --run {}", tuner));
    ASSERT_EQ(ran.code, 0) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("12 of 12 trials begun: 12 complete"));
    EXPECT_THAT(ran.out, Not(HasSubstr("\x1b")));
    const StudyRecord all = record(tuner);
    ASSERT_EQ(all.trials.size(), 12u);
    EXPECT_EQ(all.trials[0].point.at("units"), 16);
    for (const Trial& trial : all.trials) {
      EXPECT_EQ(trial.state, TrialState::complete);
      ASSERT_EQ(trial.intermediate.size(), 6u);
      EXPECT_EQ(trial.values.at(0), trial.intermediate.at(6));
    }
    const auto best = shell(fmt::format("tutti sweep best {}", tuner));
    EXPECT_EQ(best.code, 0) << best.err;
    EXPECT_THAT(best.out, HasSubstr(fmt::format("[trial {}] complete", all.ranking()[0]->number)));
  }
}

TEST_F(SweepTest, ATrialIsTheRunOfItsJobAlone) {
  write("study.yaml", iris("max_trials: 2\nfuse: false\n"));
  ASSERT_EQ(shell("tutti sweep study.yaml").code, 0);
  ASSERT_EQ(shell("tutti train runs/study/jobs/1.yaml --run alone").code, 0);
  EXPECT_EQ(testing_support::read_text(folder_ / "alone/history.csv"),
            testing_support::read_text(folder_ / "runs/study/trials/1/history.csv"));
  EXPECT_EQ(testing_support::read_text(folder_ / "alone/result.yaml"),
            testing_support::read_text(folder_ / "runs/study/trials/1/result.yaml"));
}

TEST_F(SweepTest, KilledAnywhereItDecidesTheSame) {
  write("study.yaml",
        iris("max_trials: 5\ntuner: {TPE: {n_startup_trials: 2}}\nfuse: false\n", 20));
  ASSERT_EQ(shell("tutti sweep study.yaml --run alone").code, 0);
  Random random(20, 6);
  const auto written = [&] {
    std::error_code missing;
    const auto size = std::filesystem::file_size(folder_ / "killed/journal.log", missing);
    return missing ? 0 : static_cast<int64_t>(size);
  };
  int kills = 0;
  for (bool over = false; !over; ++kills) {
    ASSERT_LT(kills, 60);
    const int64_t enough = written() + static_cast<int64_t>(random.below(2500));
    const auto later = std::chrono::microseconds(random.below(20'000));
    const pid_t process = begin("study.yaml --run killed");
    siginfo_t ended{};
    const auto runs = [&] {
      return waitid(P_PID, static_cast<id_t>(process), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
             ended.si_pid == 0;
    };
    while (runs() && written() < enough) std::this_thread::sleep_for(milliseconds(1));
    std::this_thread::sleep_for(later);
    kill(process, SIGKILL);
    const int code = end_of(process);
    for (int i = 0; i < 1000 && left() > 0; ++i) std::this_thread::sleep_for(milliseconds(10));
    EXPECT_EQ(left(), 0) << "a trial outlived its sweep";
    over = code == 0;
    ASSERT_TRUE(over || code == -SIGKILL) << testing_support::read_text(folder_ / "err.txt");
  }
  EXPECT_GT(kills, 3);
  EXPECT_EQ(decisions(record("killed")), decisions(record("alone")));
}

TEST_F(SweepTest, AKilledTrialIsRepeated) {
  write("study.yaml", iris("max_trials: 2\nfuse: false\n", 400));
  const pid_t process = begin("study.yaml");
  ASSERT_EQ(kill(trial_of(process), SIGKILL), 0);
  EXPECT_EQ(end_of(process), 0) << testing_support::read_text(folder_ / "err.txt");
  EXPECT_THAT(testing_support::read_text(folder_ / "out.txt"), HasSubstr("it is begun again"));
  const StudyRecord all = record();
  ASSERT_EQ(all.trials.size(), 2u);
  for (const Trial& trial : all.trials) {
    EXPECT_EQ(trial.state, TrialState::complete);
    EXPECT_EQ(trial.intermediate.size(), 400u);
  }
}

TEST_F(SweepTest, ItIsStoppedAndGoesOn) {
  write("study.yaml", iris("max_trials: 2\nfuse: false\n", 400));
  const pid_t process = begin("study.yaml");
  const pid_t trial = trial_of(process);
  ASSERT_EQ(kill(trial, SIGSTOP), 0);  // or it might end before it is asked to
  const auto second = shell("tutti sweep study.yaml");
  EXPECT_EQ(second.code, 8) << second.err;
  EXPECT_THAT(second.err, HasSubstr("in use"));
  const auto stop = shell("tutti sweep stop runs/study");
  EXPECT_EQ(stop.code, 0) << stop.err;
  const auto status = [&] {
    return testing_support::read_text(fmt::format("/proc/{}/status", trial));
  };
  for (int i = 0; i < 1000 && status().find("ShdPnd:\t0000000000004000") == std::string::npos; ++i)
    std::this_thread::sleep_for(milliseconds(10));
  kill(trial, SIGCONT);
  EXPECT_EQ(end_of(process), 10);
  EXPECT_THAT(testing_support::read_text(folder_ / "err.txt"), HasSubstr("go on with"));
  EXPECT_EQ(shell("tutti sweep stop runs/study").code, 2);
  EXPECT_THAT(shell("tutti sweep status runs/study").out, HasSubstr("1 running"));
  const auto ran = shell("tutti sweep resume runs/study");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("2 complete"));
  EXPECT_NE(testing_support::read_text(folder_ / "runs/study/output/0.log").find("goes on"),
            std::string::npos);
}

// Slots come and go while it runs, and threads with them: the bits stay.
TEST_F(SweepTest, SlotsComeAndGo) {
  std::string text = iris("max_trials: 6\nfuse: false\n", 300);
  write("study.yaml", text);
  ASSERT_EQ(shell("tutti sweep study.yaml --run runs/alone").code, 0);
  EXPECT_EQ(shell("tutti sweep slots runs/alone 2").code, 2);
  const pid_t process = begin("study.yaml");
  ASSERT_GT(trial_of(process), 0);
  EXPECT_EQ(shell("tutti sweep slots runs/study 0").code, 2);
  ASSERT_EQ(shell("tutti sweep slots runs/study 3").code, 0);
  std::this_thread::sleep_for(milliseconds(700));
  shell("tutti sweep slots runs/study 1");  // it may be over
  EXPECT_EQ(end_of(process), 0) << testing_support::read_text(folder_ / "err.txt");
  const StudyRecord all = record(), alone = record("runs/alone");
  ASSERT_EQ(all.trials.size(), 6u);
  for (const Trial& trial : all.trials) {
    EXPECT_EQ(trial.state, TrialState::complete);
    // Random search would try the same; what TPE does depends on what it knows.
    const Trial& same = alone.trials.at(static_cast<size_t>(trial.number));
    ASSERT_EQ(trial.point, same.point);
    EXPECT_EQ(trial.values, same.values);
    EXPECT_EQ(trial.user_attributes.at(kParameters), same.user_attributes.at(kParameters));
  }
}

TEST_F(SweepTest, PrunedTrialsEndEarly) {
  write("study.yaml", iris("max_trials: 8\nkeep: best 2\n"
                           "pruner: {Threshold: {upper: 0.9, n_warmup_steps: 2}}\n"));
  const auto ran = shell("tutti sweep study.yaml");
  ASSERT_EQ(ran.code, 0) << ran.err;
  int pruned = 0, kept = 0;
  for (const Trial& trial : record().trials) {
    const auto run = folder_ / "runs/study/trials" / std::to_string(trial.number);
    if (std::filesystem::exists(run / RunDirectory::checkpoints_folder)) ++kept;
    if (trial.state != TrialState::pruned) continue;
    ++pruned;
    EXPECT_LT(trial.intermediate.size(), 6u);
    EXPECT_FALSE(std::filesystem::exists(run / RunDirectory::weights_file));
  }
  EXPECT_GT(pruned, 0);
  EXPECT_EQ(kept, 2);
}

// A paused trial is paused at its epoch, and goes on from there when it is promoted.
TEST_F(SweepTest, WhatIsKeptMayChangeWhenItIsOver) {
  write("study.yaml", iris("max_trials: 3\nfuse: false\n"));
  const auto kept = [&] {
    std::string trials;
    for (const char* trial : {"0", "1", "2"})
      if (std::filesystem::exists(folder_ / "runs/study/trials" / trial / "checkpoints"))
        trials += trial;
    return trials;
  };
  ASSERT_EQ(shell("tutti sweep study.yaml").code, 0);
  EXPECT_EQ(kept(), "012");
  ASSERT_EQ(shell("tutti sweep study.yaml --set 'keep=best 1'").code, 0);
  EXPECT_EQ(kept(), std::to_string(record().ranking().at(0)->number));
}

TEST_F(SweepTest, PausedTrialsGoOn) {
  write("study.yaml",
        iris("max_trials: 6\nfuse: false\npruner: {SuccessiveHalving: {min_resource: 2, "
             "reduction_factor: 2, promotion: true, max_resource: 6}}\n"));
  const auto ran = shell("tutti sweep study.yaml");
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("suspended"));
  int complete = 0;
  for (const Trial& trial : record().trials) {
    if (trial.state != TrialState::complete) {
      EXPECT_EQ(trial.state, TrialState::pruned);
      EXPECT_EQ(*trial.last_step() % 2, 0);
      continue;
    }
    ++complete;
    EXPECT_EQ(trial.intermediate.size(), 6u);
    ASSERT_EQ(
        shell(fmt::format("tutti train runs/study/jobs/{0}.yaml --run alone{0}", trial.number))
            .code,
        0);
    EXPECT_EQ(
        testing_support::read_text(folder_ / fmt::format("alone{}/result.yaml", trial.number)),
        testing_support::read_text(folder_ /
                                   fmt::format("runs/study/trials/{}/result.yaml", trial.number)));
  }
  EXPECT_GT(complete, 0);
}

TEST_F(SweepTest, APopulationGoesOnFromItsParents) {
  std::string text = iris("max_trials: 6\ntuner: {PBT: {population_size: 2}}\n", 2);
  text.replace(text.find("$units"), 6, "8");  // a state fits one size
  text.erase(text.find("  units: {int"), std::string("  units: {int: [4, 32], step: 4}\n").size());
  write("study.yaml", text);
  const auto ran = shell("tutti sweep study.yaml");
  ASSERT_EQ(ran.code, 0) << ran.err;
  int children = 0;
  const StudyRecord all = record();
  for (const Trial& trial : all.trials) {
    EXPECT_EQ(trial.state, TrialState::complete);
    const auto parent = trial.system_attributes.find(kParent);
    const int64_t last = *trial.last_step();
    if (parent == trial.system_attributes.end()) {
      EXPECT_EQ(last, 2);
      continue;
    }
    ++children;
    EXPECT_EQ(last, *all.trials.at(parent->second.get<size_t>()).last_step() + 2);
    EXPECT_EQ(trial.intermediate.size(), 2u);
    // Its own rate trains it, and not its parent's.
    for (const Trial& other : all.trials) {
      if (other.number >= trial.number || other.point == trial.point) continue;
      EXPECT_NE(other.user_attributes.at(kParameters), trial.user_attributes.at(kParameters));
    }
  }
  EXPECT_EQ(children, 4);
}

TEST_F(SweepTest, ExecutionsHaveSeedsOfTheirOwn) {
  write("study.yaml", iris("max_trials: 1\nexecutions_per_trial: 2\n"));
  ASSERT_EQ(shell("tutti sweep study.yaml").code, 0);
  const Trial trial = record().trials.at(0);
  const auto values = trial.user_attributes.at("executions");
  ASSERT_EQ(values.size(), 2u);
  const double first = values[0][0], second = values[1][0];
  EXPECT_NE(first, second);
  EXPECT_EQ(trial.values.at(0), (first + second) / 2);
}

TEST_F(SweepTest, TheLessonOfTheTuners) {
  const std::string study =
      TUTTI_SOURCE_DIR "/launch/examples/sweeps/tuner_lesson.yaml --set job.fit.epochs=3";
  const std::map<std::string, std::string> ways{
      {"Grid", "tuner=Grid"},
      {"Random", "tuner=Random"},
      {"GP", "tuner={GP: {n_startup_trials: 3}}"},
      {"Hyperband", "pruner={Hyperband: {min_resource: 1, max_resource: 3}}"}};
  for (const auto& [name, set] : ways) {
    const auto ran = shell(
        fmt::format("tutti sweep {} --set '{}' --set max_trials=5 --run {}", study, set, name));
    ASSERT_EQ(ran.code, 0) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("run: " + name + "/trials/"));
    const StudyRecord all = record(name, "tuner_lesson");
    EXPECT_THAT(shell("tutti sweep status " + name).out, HasSubstr("5 of 5 trials begun"));
    ASSERT_EQ(all.trials.size(), 5u);
    for (const Trial& trial : all.trials) {
      EXPECT_EQ(trial.point.contains("units_1"), trial.point.at("layers") >= 2);
      EXPECT_EQ(trial.point.contains("units_2"), trial.point.at("layers") >= 3);
    }
    EXPECT_GT(all.ranking().at(0)->values[0], name == "Grid" ? 0.8 : 0.9) << name;
  }
  EXPECT_EQ(shell("tutti sweep " + study + " --set max_trials=x --run none").code, 3);
}

TEST_F(SweepTest, EachFaultIsOneLine) {
  const auto fault = [&](const std::string& line) {
    const auto ran = shell(line);
    EXPECT_NE(ran.code, 0) << line;
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
    return ran.err;
  };
  write("study.yaml", iris("objective_: val_loss\n"));
  EXPECT_THAT(fault("tutti sweep study.yaml"), HasSubstr("did you mean 'objective'"));
  write("study.yaml", iris("max_trials: 1\n"));
  EXPECT_THAT(fault("tutti sweep statsu runs/study"), HasSubstr("resume|status|best|stop"));
  EXPECT_THAT(fault("tutti sweep status runs/study"), HasSubstr("holds no sweep"));
  EXPECT_THAT(fault("tutti sweep report runs/study"), HasSubstr("holds no sweep"));
  EXPECT_THAT(fault("tutti sweep export runs/study best.h5"), HasSubstr("use .csv"));
  EXPECT_THAT(fault("tutti sweep export runs/study"), HasSubstr("export DIR FILE"));
  EXPECT_THAT(fault("tutti sweep nothing.yaml"), HasSubstr("nothing.yaml"));
  EXPECT_THAT(fault("tutti sweep status"), HasSubstr("'status' needs the sweep's directory"));
  EXPECT_THAT(fault("tutti sweep slots runs/study"), HasSubstr("slots DIR N"));
  EXPECT_THAT(fault("tutti sweep resume runs/study --set max_trials=9"),
              HasSubstr("[--set] is for a study file"));
  EXPECT_THAT(fault("tutti sweep best runs/study --slots 2"), HasSubstr("[--slots] is not for"));
  EXPECT_THAT(fault("tutti sweep study.yaml --run /proc/sweep"), HasSubstr("/proc/sweep"));
  ASSERT_EQ(shell("tutti sweep study.yaml").code, 0);
  write("study.yaml", iris("max_trials: 1\nseed: 9\n"));
  EXPECT_THAT(fault("tutti sweep study.yaml"), HasSubstr("seed is 9, and was not there"));
  EXPECT_EQ(shell("tutti sweep study.yaml --overwrite").code, 0);
  write("runs/study/journal.log", "no journal\n");
  EXPECT_THAT(fault("tutti sweep study.yaml"), HasSubstr("journal.log"));
}

TEST_F(SweepTest, AnObjectiveThatNobodyMeasuresEndsIt) {
  std::string text = iris("max_trials: 3\n");
  text.replace(text.find("val_loss"), 8, "val_acuracy, direction: maximize");
  write("study.yaml", text);
  const auto ran = shell("tutti sweep study.yaml");
  EXPECT_EQ(ran.code, 3) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("[study.yaml:13:"));
  EXPECT_THAT(ran.err, HasSubstr("did you mean 'val_accuracy'"));
}

TEST_F(SweepTest, WithoutACompleteTrialItSaysSo) {
  std::string text = iris("max_trials: 2\n");
  text.replace(text.find("[1e-4, 1e-1]"), 12, "[1e30, 1e300]");  // where all diverge
  write("study.yaml", text);
  const auto ran = shell("tutti sweep study.yaml");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("2 failed\nreport: runs/study/report.html\nno trial is complete"));
}

TEST_F(SweepTest, AJobThatIsWrongEndsItSoon) {
  std::string text = iris("max_trials: 9\n");
  text.replace(text.find("dataset: iris"), 13, "csv: gone.csv, label: kind");
  write("study.yaml", text);
  const auto ran = shell("tutti sweep study.yaml");
  EXPECT_EQ(ran.code, 3) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("first 3 trials failed"));
  EXPECT_THAT(ran.err, HasSubstr("gone.csv"));
}

}  // namespace
}  // namespace tutti
