#include "launch/supervise/child_process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "core/base/error.h"
#include "core/base/random.h"

namespace tutti::supervise {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::HasSubstr;

bool lives(pid_t process) {  // a dead one that nobody waits for does not
  std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
  std::string text;
  if (!std::getline(stat, text)) return false;
  const size_t name_end = text.rfind(')');
  return text[name_end + 2] != 'Z' && text[name_end + 2] != 'X';
}

template <typename Condition>
bool soon(const Condition& condition) {
  for (int i = 0; i < 10000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(milliseconds(1));
  }
  return false;
}

class Supervised : public testing::Test {
 protected:
  void start(const std::string& script, ChildOptions options = {}) {
    options.command = {"sh", "-c", script};
    start(options);
  }
  void start(const ChildOptions& options) {
    child_ = std::make_unique<ChildProcess>(
        context_, options,
        ChildProcess::Handlers{[this](bool error, std::string line) {
                                 EXPECT_FALSE(end_);
                                 (error ? errors_ : lines_).push_back(std::move(line));
                               },
                               [this](const ChildEnd& end) {
                                 EXPECT_FALSE(end_);
                                 end_ = end;
                               }});
  }
  template <typename Condition>
  bool until(const Condition& condition) {
    const auto deadline = steady_clock::now() + std::chrono::seconds(10);
    while (!condition() && steady_clock::now() < deadline) {
      context_.restart();
      context_.run_one_for(milliseconds(5));
    }
    return condition();
  }
  bool until_end() {
    return until([this] { return end_.has_value(); });
  }
  pid_t number_in_line(size_t index) const {
    return static_cast<pid_t>(std::atoi(lines_.at(index).c_str()));
  }

  boost::asio::io_context context_;
  std::vector<std::string> lines_, errors_;
  std::optional<ChildEnd> end_;
  std::unique_ptr<ChildProcess> child_;
};

TEST_F(Supervised, LinesAndAnExitCodeComeBack) {
  start("echo one; echo two >&2; printf 'no end'; cat; exit 3");
  ASSERT_TRUE(until_end());
  EXPECT_THAT(lines_, ElementsAre("one", "no end"));
  EXPECT_THAT(errors_, ElementsAre("two"));
  EXPECT_EQ(text_of(*end_), "exited with code 3");
  EXPECT_FALSE(end_->well());
  EXPECT_GT(end_->peak_resident_bytes, 0u);
  child_->kill();  // of nobody
  EXPECT_FALSE(lives(child_->process()));
}

TEST_F(Supervised, MuchIsReadWhole) {
  start("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done");
  ASSERT_TRUE(until_end());
  ASSERT_EQ(lines_.size(), 20000u);
  EXPECT_EQ(lines_[19999], "line 19999");
  EXPECT_TRUE(end_->well());
  EXPECT_GT(end_->user_seconds + end_->system_seconds, 0);
}

TEST_F(Supervised, ASignalIsNamed) {
  start("kill -SEGV $$");
  ASSERT_TRUE(until_end());
  EXPECT_THAT(text_of(*end_), HasSubstr("killed by signal 11 (Segmentation fault)"));
  EXPECT_FALSE(end_->out_of_memory);
}

TEST_F(Supervised, AProgramThatIsNotThereIsAnError) {
  for (const char* name : {"no_such_program_0123", "/etc/passwd", ""}) {
    try {
      start(ChildOptions{.command = {name}});
      FAIL() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::missing);
      EXPECT_THAT(error.what(), HasSubstr("cannot be started: "));
    }
  }
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);  // nobody is left to wait for
}

TEST_F(Supervised, HasTheEnvironmentAndDescriptorsItWasGivenAndNoOthers) {
  int ends[2], others[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ASSERT_EQ(::pipe2(others, O_CLOEXEC), 0);
  ASSERT_EQ(::write(ends[1], "word\n", 5), 5);
  ::setenv("TUTTI_TEST_KEPT", "kept", 1);
  ::setenv("TUTTI_TEST_REPLACED", "old", 1);
  const std::string from = std::to_string(ends[0]);
  start("echo $TUTTI_TEST_KEPT $TUTTI_TEST_REPLACED; read word <&" + from +
            "; echo $word; for f in /proc/$$/fd/*; do readlink $f; done",
        {.environment = {{"TUTTI_TEST_REPLACED", "new one"}}, .descriptors = {ends[0]}});
  ASSERT_TRUE(until_end());
  ASSERT_GE(lines_.size(), 2u);
  EXPECT_EQ(lines_[0], "kept new one");
  EXPECT_EQ(lines_[1], "word");
  const std::string self = "/proc/self/fd/";
  const auto file = [&](int descriptor) {
    return std::filesystem::read_symlink(self + std::to_string(descriptor)).string();
  };
  EXPECT_THAT(lines_, testing::Contains(file(ends[0])));
  EXPECT_THAT(lines_, testing::Not(testing::Contains(file(others[0]))));
  for (const int end : {ends[0], ends[1], others[0], others[1]}) ::close(end);
}

TEST_F(Supervised, IsKilledWithItsGroupEvenWhenStopped) {
  start("sleep 300 & echo $!; echo ready; wait");
  ASSERT_TRUE(until([this] { return lines_.size() == 2; }));
  const pid_t grandchild = number_in_line(0);
  EXPECT_TRUE(lives(grandchild));
  child_->signal(SIGSTOP);
  EXPECT_FALSE(end_);
  const auto begin = steady_clock::now();
  child_->kill();
  EXPECT_FALSE(end_);  // not from inside the call
  ASSERT_TRUE(until_end());
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(2));
  EXPECT_EQ(end_->signal, SIGKILL);
  EXPECT_FALSE(end_->out_of_memory);
  EXPECT_TRUE(soon([&] { return !lives(grandchild); }));
}

TEST_F(Supervised, WhatItLeavesInItsGroupIsKilledWhenItEnds) {
  start("sleep 300 & echo $!; exit 0");
  const auto begin = steady_clock::now();
  ASSERT_TRUE(until_end());
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_TRUE(end_->well());
  EXPECT_TRUE(soon([&] { return !lives(number_in_line(0)); }));
}

TEST_F(Supervised, WhoLeftTheGroupDoesNotHoldTheEndUp) {
  start("setsid sleep 3 & exit 1");
  const auto begin = steady_clock::now();
  ASSERT_TRUE(until_end());
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(2));
  EXPECT_EQ(end_->exit_code, 1);
}

TEST_F(Supervised, DiesWithTheObject) {
  start("echo ready; sleep 300");
  ASSERT_TRUE(until([this] { return !lines_.empty(); }));
  const pid_t process = child_->process();
  child_.reset();
  EXPECT_FALSE(lives(process));
  context_.restart();
  context_.run();  // nothing waits any more
  EXPECT_FALSE(end_);
}

// Runs `act` in a process of its own that has a child and a grandchild, and gives their numbers.
struct Family {
  pid_t supervisor, child, grandchild;
};
template <typename Act>
Family start_family(const Act& act) {
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const pid_t supervisor = ::fork();
  if (supervisor == 0) {
    ::close(ends[0]);
    boost::asio::io_context context;
    std::string told;
    std::optional<ChildProcess> child;
    child.emplace(context, ChildOptions{.command = {"sh", "-c", "sleep 300 & echo $$ $!; wait"}},
                  ChildProcess::Handlers{[&](bool, const std::string& line) {
                                           told = line + "\n";
                                           if (::write(ends[1], told.data(), told.size()) < 0)
                                             ::_exit(1);
                                           ::close(ends[1]);
                                         },
                                         [&](const ChildEnd& end) { act(end); }});
    context.run();
    ::_exit(1);
  }
  ::close(ends[1]);
  std::string text(64, '\0');
  const ssize_t got = ::read(ends[0], text.data(), text.size());
  ::close(ends[0]);
  Family family{supervisor, 0, 0};
  EXPECT_GT(got, 0);
  EXPECT_EQ(std::sscanf(text.c_str(), "%d %d", &family.child, &family.grandchild), 2);
  return family;
}

TEST(Supervisor, LeavesNobodyBehindWhenItIsKilled) {
  Random random(5);
  for (int round = 0; round < 10; ++round) {
    const Family family = start_family([](const ChildEnd&) {});
    EXPECT_TRUE(lives(family.child) && lives(family.grandchild));
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(3000)));
    ::kill(family.supervisor, SIGKILL);
    ::waitpid(family.supervisor, nullptr, 0);
    EXPECT_TRUE(soon([&] { return !lives(family.child) && !lives(family.grandchild); }));
  }
}

TEST(Supervisor, EndsAsItsChildDid) {
  for (const int number : {SIGKILL, SIGSEGV, SIGTERM, SIGABRT}) {
    const Family family = start_family([](const ChildEnd& end) { die_as(end); });
    ::kill(family.child, number);
    int status = 0;
    ASSERT_EQ(::waitpid(family.supervisor, &status, 0), family.supervisor);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == number) << number;
    EXPECT_TRUE(soon([&] { return !lives(family.grandchild); }));
  }
}

TEST(Supervisor, DiesByASignalForAnExitCodeToo) {
  const auto status_of = [](const ChildEnd& end) {
    const pid_t process = ::fork();
    if (process == 0) {
      ::signal(SIGTERM, SIG_IGN);
      die_as(end);
    }
    int status = 0;
    ::waitpid(process, &status, 0);
    return status;
  };
  EXPECT_EQ(WTERMSIG(status_of({.exit_code = 1})), SIGKILL);
  EXPECT_EQ(WTERMSIG(status_of({.signal = SIGTERM})), SIGTERM);
  EXPECT_TRUE(WIFEXITED(status_of({})) && WEXITSTATUS(status_of({})) == 0);
}

}  // namespace
}  // namespace tutti::supervise
