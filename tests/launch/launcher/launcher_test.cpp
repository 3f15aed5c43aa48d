// The judge's driver with real supervisors and ranks that know no MPI: a shell starts them.
#include "launch/launcher/launcher.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include "core/base/error.h"
#include "tests/launch/run_program.h"

namespace tutti::launch {
namespace {

using membership::Outcome;
using membership::Verdict;
using testing::HasSubstr;
using testing::Not;

class ShellStarter : public WorldStarter {
 public:
  std::string name() const override { return "shell"; }
  bool in_place() const override { return false; }
  supervise::ChildOptions command(const SeatHosts& seats,
                                  const std::vector<std::string>& program) const override {
    std::string script = before;
    for (const std::string& host : seats)
      if (dead.find(host) != dead.npos) script += "echo no route to " + host + "; exit 1; ";
    // As mpirun does, it starts nobody until it has reached all; it waits for that without an end.
    if (std::ranges::find(seats, silent) != seats.end())
      script += seats.size() == 1 ? "exit 1; " : "sleep 1000; ";
    for (size_t rank = 0; rank < seats.size(); ++rank)
      script += fmt::format("OMPI_COMM_WORLD_SIZE={} OMPI_COMM_WORLD_RANK={} \"$@\" & ",
                            seats.size(), rank);
    supervise::ChildOptions options{.command = {"sh", "-c", script + "wait", "shell"}};
    options.command.insert(options.command.end(), program.begin(), program.end());
    return options;
  }
  std::string before, dead, silent;
};

class LauncherTest : public testing_support::InTemporaryFolder {
 protected:
  LauncherTest() {
    plan_.judge.ranks = plan_.judge.max_ranks = 2;
    plan_.judge.wait = std::chrono::milliseconds(500);
    plan_.hosts = {{"here", 2}};
    plan_.tutti = testing_support::tutti_program();
    plan_.run = folder_;
  }
  Verdict run(const std::vector<std::string>& arguments) {
    plan_.rank = {std::string(TUTTI_BINARY_DIR) + "/bin/page_rank"};
    plan_.rank.insert(plan_.rank.end(), arguments.begin(), arguments.end());
    return launch(plan_, starter_, [this](bool error, const std::string& line) {
      printed_.push_back((error ? "error " : "") + line);
      if (on_line_) on_line_(line);
    });
  }
  LaunchPlan plan_;
  ShellStarter starter_;
  std::vector<std::string> printed_;
  std::function<void(const std::string&)> on_line_;
};

TEST_F(LauncherTest, RunsAWorldToItsEnd) {
  const Verdict verdict = run({"20"});
  EXPECT_EQ(verdict.outcome, Outcome::done) << verdict.words;
  EXPECT_THAT(printed_,
              testing::IsSupersetOf({"error [world 1] 2 ranks, from disk or the beginning",
                                     "rank 0 in world 1", "here:1| rank 1 in world 1"}));
  EXPECT_EQ(printed_.back(), "parameters of world 1");
  EXPECT_FALSE(std::filesystem::exists(folder_ / ".launch"));
}

TEST_F(LauncherTest, StartsAnotherWorldWhenARankIsKilled) {
  const Verdict verdict = run({"60", "kill", "1", "20"});
  EXPECT_EQ(verdict.outcome, Outcome::done) << verdict.words;
  EXPECT_THAT(printed_,
              testing::Contains(HasSubstr("rank 1 on here ended by signal 9 (Killed) at step 20")));
  EXPECT_THAT(printed_, testing::Contains("rank 0 in world 2"));
  EXPECT_THAT(printed_, Not(testing::Contains("parameters of world 1")));
  EXPECT_EQ(printed_.back(), "parameters of world 2");
}

TEST_F(LauncherTest, EndsWithTheExitCodeOfARankThatFindsTheJobWrong) {
  const Verdict verdict = run({"1000", "4", "1", "5"});
  EXPECT_EQ(verdict.outcome, Outcome::job_failed);
  EXPECT_EQ(verdict.exit.code, 4);
  EXPECT_THAT(verdict.words, HasSubstr("rank 1 on here ended with exit code 4"));
  EXPECT_THAT(printed_, testing::Contains("error here:1| rank 1 dies"));
}

TEST_F(LauncherTest, GivesUpOnWhatFailsAtTheSameStepAgain) {
  const Verdict verdict = run({"1000", "segv", "1", "5", "always"});
  EXPECT_EQ(verdict.outcome, Outcome::repeated_failure);
  EXPECT_THAT(
      verdict.words,
      HasSubstr("rank 1 on here ended by signal 11 (Segmentation fault) at step 5, as before"));
}

TEST_F(LauncherTest, RestartsNoMoreThanItMay) {
  plan_.judge.restarts = 0;
  EXPECT_EQ(run({"1000", "kill", "0", "5"}).outcome, Outcome::out_of_restarts);
}

TEST_F(LauncherTest, NamesOnceWhoHoldsTheOthersUpAndWhy) {
  plan_.patience = std::chrono::milliseconds(2000);
  const Verdict verdict = run({"700", "slow", "1"});
  EXPECT_EQ(verdict.outcome, Outcome::done) << verdict.words;
  EXPECT_EQ(std::ranges::count_if(
                printed_,
                [](const std::string& line) {
                  return line.starts_with(
                             "error [world 1] rank 1 on here is slow at reading data: it works ") &&
                         line.ends_with("% of the time; look at where it reads from");
                }),
            1)
      << testing::PrintToString(printed_);
}

TEST_F(LauncherTest, NamesNobodyWhereAllAreAlike) {
  plan_.patience = std::chrono::milliseconds(1000);
  run({"400"});
  EXPECT_THAT(printed_, Not(testing::Contains(HasSubstr("slow"))));
}

TEST_F(LauncherTest, StopsWhenItIsAskedTo) {
  for (const int signal : {SIGTERM, SIGUSR1}) {
    on_line_ = [signal](const std::string& line) {
      if (line == "rank 0 in world 1") ::kill(::getpid(), signal);
    };
    const Verdict verdict = run({"100000"});
    EXPECT_EQ(verdict.outcome, Outcome::stopped);
    EXPECT_EQ(verdict.words, "asked to stop by signal " + std::to_string(signal));
  }
}

TEST_F(LauncherTest, EndsAtOnceWhenItIsAskedTwice) {
  on_line_ = [](const std::string& line) {
    if (line == "rank 0 in world 1" || line.starts_with("[launch] asked to stop"))
      ::kill(::getpid(), SIGINT);
  };
  EXPECT_EQ(run({"100000"}).outcome, Outcome::stopped);
}

TEST_F(LauncherTest, GrowsWhenMoreHostsAreNamed) {
  const auto file = write("hosts", "here:1\n");
  plan_.hosts = {{"here", 1}};
  plan_.listing = std::chrono::milliseconds(200);
  on_line_ = [this](const std::string& line) {
    if (line == "rank 0 in world 1") write("hosts", "# a bad line\n-x\n");
    if (line.find("'-x' is no host") != std::string::npos) write("hosts", "here:1\nthere:1\n");
    if (line == "there:1| rank 1 in world 2") ::kill(::getpid(), SIGTERM);
  };
  for (const bool discovered : {false, true}) {
    printed_.clear();
    write("hosts", "here:1\n");
    plan_.hosts_file = discovered ? "" : file;
    if (discovered) plan_.discover = {"cat", file.string()};
    EXPECT_EQ(run({"100000"}).outcome, Outcome::stopped);
    EXPECT_THAT(printed_, testing::Contains(HasSubstr("[world 1] goes on in another size")));
    EXPECT_THAT(printed_,
                testing::Contains(HasSubstr("[world 2] 2 ranks, from the commit of step")));
  }
}

TEST_F(LauncherTest, ResizesWhenItIsAsked) {
  plan_.judge.ranks = 1;
  std::string answer;
  std::thread asking;
  on_line_ = [&](const std::string& line) {
    if (line == "rank 0 in world 1")
      asking = std::thread(
          [&, this] { answer = shell("tutti resize . -n 3; tutti resize . -n 2").out; });
    if (line == "here:1| rank 1 in world 2") ::kill(::getpid(), SIGTERM);
  };
  EXPECT_EQ(run({"100000"}).outcome, Outcome::stopped);
  asking.join();
  EXPECT_THAT(printed_, testing::Contains(HasSubstr("[resize] 3 ranks are not within 1 to 2")));
  EXPECT_THAT(answer, HasSubstr("2 ranks from the next commit on"));
  EXPECT_EQ(answer.find("3 ranks"), std::string::npos) << "it is an error";
}

TEST_F(LauncherTest, SaysWhatKeepsRanksFromBeingStarted) {
  starter_.before = "echo no route to node7 >&2; exit 3; ";
  try {
    run({"10"});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::missing);
    EXPECT_THAT(error.what(), HasSubstr("no rank could be started: shell exited with code 3"));
  }
  EXPECT_THAT(printed_, testing::Contains("error shell| no route to node7"));
}

TEST_F(LauncherTest, SaysOnceWhyRanksEndedThatSaidNothing) {
  starter_.before = "echo no room for what ranks share >&2; ";
  plan_.rank = {"false"};
  const Verdict verdict =
      launch(plan_, starter_, [this](bool, const std::string& line) { printed_.push_back(line); });
  EXPECT_EQ(verdict.outcome, Outcome::repeated_failure) << verdict.words;
  EXPECT_EQ(std::ranges::count(printed_, "shell| no room for what ranks share"), 1);
}

TEST_F(LauncherTest, BeginsWithoutAHostThatCannotBeUsed) {
  plan_.hosts = {{"down", 1}, {"here", 1}};
  starter_.dead = "down";
  plan_.judge.cool_down.first = std::chrono::milliseconds(300);
  plan_.judge.wait = std::chrono::seconds(20);
  EXPECT_EQ(run({"20"}).outcome, Outcome::done);
  EXPECT_THAT(printed_, testing::Contains("error shell| no route to down"));
  EXPECT_EQ(printed_.back(), "parameters of world 2");

  plan_.hosts = {{"down", 1}, {"gone", 1}};
  starter_.dead = "down gone";
  EXPECT_THROW(run({"20"}), Error);
}

TEST_F(LauncherTest, GoesOnWithoutAHostThatIsLostWhileItStarts) {
  plan_.hosts = {{"lost", 1}, {"here", 1}};
  starter_.silent = "lost";
  plan_.judge.doubt_after = std::chrono::milliseconds(300);
  EXPECT_EQ(run({"20"}).outcome, Outcome::done);
  EXPECT_THAT(printed_,
              testing::Contains("error [world 1] rank 0 on lost cannot be reached at step 0, "
                                "before it had started"));
  EXPECT_THAT(printed_, testing::Contains("error [world 2] 1 ranks, from disk or the beginning"));
}

TEST_F(LauncherTest, NamesAProgramThatIsNotThere) {
  plan_.rank = {"no-such-program-of-tutti"};
  const Verdict verdict =
      launch(plan_, starter_, [this](bool, const std::string& line) { printed_.push_back(line); });
  EXPECT_EQ(verdict.outcome, Outcome::job_failed);
  EXPECT_EQ(verdict.exit.code, static_cast<int>(ExitCode::missing));
  EXPECT_THAT(printed_, testing::Contains(HasSubstr("no-such-program-of-tutti")));
}

}  // namespace
}  // namespace tutti::launch
