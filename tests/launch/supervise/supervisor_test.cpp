// The judge is this process; a supervisor is another, as mpirun would start it.
#include "launch/supervise/supervisor.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>

#include <fstream>

#include "tests/launch/control/control_world.h"

namespace tutti::supervise {
namespace {

using namespace tutti::control::testing_support;
using testing::ElementsAre;
using testing::HasSubstr;

class SupervisorProcess : public ControlWorld {
 protected:
  ~SupervisorProcess() override {
    if (process_ > 0 && !status_) ::kill(process_, SIGKILL), wait();
  }

  // With a parent between this process and the supervisor, if so asked.
  void start(const std::string& script, bool below_another = false) {
    SupervisorOptions options{.judge = client_options(1), .child = {}, .hello = {}};
    options.child.command = {"sh", "-c", script};
    options.hello.set_host("here");
    process_ = ::fork();
    if (process_ == 0 && below_another && ::fork() > 0)
      for (;;) ::pause();
    if (process_ == 0) {
      try {
        supervise(secret_, options);
      } catch (const Error& error) {
        ::_exit(static_cast<int>(error.code()));
      }
    }
  }
  void wait() {
    int status = 0;
    ::waitpid(process_, &status, 0);
    status_ = status;
  }
  bool until_dead() {
    return until([this] {
      int status = 0;
      if (!status_ && ::waitpid(process_, &status, WNOHANG) == process_) status_ = status;
      return status_.has_value();
    });
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (const auto& [peer, message] : messages_)
      for (const auto& line : message.log_lines().lines())
        all.push_back((line.error() ? "error " : "") + line.text());
    return all;
  }
  const control::ChildEnded* ended() const {
    const bool there = !messages_.empty() && messages_.back().second.has_child_ended();
    return there ? &messages_.back().second.child_ended() : nullptr;
  }

  pid_t process_ = -1;
  std::optional<int> status_;
};

bool is_alive(const std::string& process) {
  std::ifstream stat("/proc/" + process + "/stat");
  std::string number, name, state;
  return stat >> number >> name >> state && state != "Z";
}

TEST_F(SupervisorProcess, HandsOnLinesAndTheEndAndEndsByASignal) {
  start("echo one; echo two >&2; exit 3");
  ASSERT_TRUE(until_dead());
  ASSERT_TRUE(until([this] { return ended() != nullptr; }));
  EXPECT_EQ(messages_.front().first, "rank 1");
  EXPECT_EQ(messages_.front().second.hello().host(), "here");
  EXPECT_THAT(lines(), testing::UnorderedElementsAre("one", "error two"));
  EXPECT_EQ(ended()->exit_code(), 3);
  EXPECT_EQ(ended()->last_line(), "two");
  EXPECT_GT(ended()->usage().peak_resident_bytes(), 0u);
  EXPECT_TRUE(WIFSIGNALED(*status_) && WTERMSIG(*status_) == SIGKILL);
}

TEST_F(SupervisorProcess, EndsWellWhenAllIsWell) {
  start("exit 0");
  ASSERT_TRUE(until_dead());
  ASSERT_TRUE(until([this] { return ended() != nullptr; }));
  EXPECT_TRUE(WIFEXITED(*status_) && WEXITSTATUS(*status_) == 0);
}

TEST_F(SupervisorProcess, KillsOnTheJudgesWordAndSaysSo) {
  start("trap '' TERM INT; echo $$; while :; do sleep 1; done");
  ASSERT_TRUE(until([this] { return lines().size() == 1; }));
  const std::string child = lines()[0];
  control::Message kill;
  kill.mutable_kill()->set_reason("stuck in all_gather");
  ASSERT_TRUE(server_->send({control::SUPERVISOR, 1}, kill));
  ASSERT_TRUE(until([this] { return ended() != nullptr; }));
  EXPECT_EQ(ended()->signal(), SIGKILL);
  EXPECT_FALSE(ended()->out_of_memory());
  EXPECT_FALSE(is_alive(child));  // confirmed
  ASSERT_TRUE(until_dead());
  EXPECT_TRUE(WIFSIGNALED(*status_) && WTERMSIG(*status_) == SIGKILL);
}

TEST_F(SupervisorProcess, EndsAllWhenTheJudgeIsGone) {
  start("echo $$; sleep 300");
  ASSERT_TRUE(until([this] { return lines().size() == 1; }));
  const std::string child = lines()[0];
  server_.reset();
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(until_dead());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);  // patience is 2.5 s here
  EXPECT_TRUE(WIFSIGNALED(*status_));
  EXPECT_TRUE(until([&] { return !is_alive(child); }));
}

TEST_F(SupervisorProcess, HandsOnSignals) {
  start(
      "trap 'echo asked' USR1; trap 'echo told; exit 5' TERM; echo ready; "
      "while :; do sleep 0.01 2>&-; done 2>&-");  // the shell tells of sleeps that a signal ends
  const auto said = [this](const std::string& word) {
    const auto all = lines();
    return std::find(all.begin(), all.end(), word) != all.end();
  };
  ASSERT_TRUE(until([&] { return said("ready"); }));
  ::kill(process_, SIGUSR1);
  ASSERT_TRUE(until([&] { return said("asked"); }));
  ::kill(process_, SIGTERM);
  ASSERT_TRUE(until([this] { return ended() != nullptr; }));
  EXPECT_TRUE(said("told"));
  EXPECT_EQ(ended()->exit_code(), 5);
}

TEST_F(SupervisorProcess, EndsAllWhenItsParentIsGone) {
  start("echo $$; echo $PPID; sleep 300", true);
  ASSERT_TRUE(until([this] { return lines().size() == 2; }));
  const auto all = lines();
  EXPECT_TRUE(is_alive(all[0]) && is_alive(all[1]));
  ::kill(process_, SIGKILL);  // the parent's; mpirun's, that is
  ASSERT_TRUE(until_dead());
  EXPECT_TRUE(until([&] { return !is_alive(all[0]) && !is_alive(all[1]); }));
}

TEST_F(SupervisorProcess, StartsNothingWithoutAJudge) {
  SupervisorOptions options{.judge = client_options(1, 1),
                            .child = {.command = {"sh", "-c", "kill -9 $PPID"}},
                            .hello = {}};
  EXPECT_THROW(supervise(secret_, options), CommunicationError);
}

TEST_F(SupervisorProcess, AFloodOfLinesHoldsNobodyUp) {
  start("yes 0123456789abcdefghijklmnopqrstuvwxyz | head -n 200000; exit 4");
  ASSERT_TRUE(until([this] { return ended() != nullptr; }));
  uint64_t told = 0;
  for (const auto& [peer, message] : messages_)
    told +=
        static_cast<uint64_t>(message.log_lines().lines_size()) + message.log_lines().left_out();
  EXPECT_EQ(told, 200000u);
  EXPECT_EQ(ended()->exit_code(), 4);
}

}  // namespace
}  // namespace tutti::supervise
