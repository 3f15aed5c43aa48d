// The judge is this process; a supervisor is another, as mpirun would start it.
#include "launch/supervise/supervisor.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>

#include <fstream>

#include "launch/control/membership_wire.h"
#include "tests/launch/control/control_world.h"

namespace tutti::supervise {
namespace {

using namespace tutti::control::testing_support;
using testing::ElementsAre;
using testing::HasSubstr;

class SupervisorProcess : public ControlWorld {
 protected:
  SupervisorProcess() {
    on_message_ = [this](const control::Peer& peer, const control::Message& message) {
      if (!message.has_report()) return;
      reports_.push_back(control::from_wire(message.report()));
      give_order(peer);
    };
  }
  ~SupervisorProcess() override {
    if (process_ > 0 && !status_) ::kill(process_, SIGKILL), wait();
  }

  // As the judge answers each report.
  void give_order(const control::Peer& peer) {
    membership::Order order;
    order.job = kNonce;
    order.member = {1, 1};
    order.number = ++orders_;
    order.acknowledged = reports_.back().number;
    order.directive = directive_;
    membership::World world;
    world.generation = 1;
    world.seats = {{{1, 0}, "here"}, {{1, 1}, "here"}};
    if (directive_ != membership::Directive::kill)
      order.world = std::make_shared<const membership::World>(world);
    control::Message message;
    *message.mutable_order() = control::to_wire(order);
    server_->send(peer, message);
  }

  SupervisorOptions options_for(std::vector<std::string> command, int port = 0) const {
    SupervisorOptions options{.judge = client_options(1, port),
                              .member = {.job = kNonce, .id = {1, 1}, .boot = 9},
                              .child = {.command = std::move(command)}};
    options.judge.peer.world = 1;
    return options;
  }
  void start(const std::string& script, bool below_another = false) {
    start_command({"sh", "-c", script}, below_another);
  }
  // With a parent between this process and the supervisor, if so asked.
  void start_command(const std::vector<std::string>& command, bool below_another = false) {
    const SupervisorOptions options = options_for(command);
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
  const membership::Exit* ended() const {
    return !reports_.empty() && reports_.back().exit ? &*reports_.back().exit : nullptr;
  }

  static constexpr uint64_t kNonce = 7;
  pid_t process_ = -1;
  std::optional<int> status_;
  membership::Directive directive_ = membership::Directive::train;
  std::vector<membership::Report> reports_;
  uint64_t orders_ = 0;
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
  EXPECT_EQ(messages_.front().second.hello().process(), process_);
  EXPECT_EQ(messages_.front().second.hello().boot(), 9u);
  EXPECT_THAT(lines(), testing::UnorderedElementsAre("one", "error two"));
  EXPECT_EQ(*ended(), (membership::Exit{.code = 3}));
  EXPECT_TRUE(WIFSIGNALED(*status_) && WTERMSIG(*status_) == SIGKILL);
}

TEST_F(SupervisorProcess, EndsWellWhenTheJudgeWantsTheEnd) {
  directive_ = membership::Directive::finish;
  start("exit 0");
  ASSERT_TRUE(until_dead());
  ASSERT_TRUE(until([this] { return ended() != nullptr; }));
  EXPECT_TRUE(WIFEXITED(*status_) && WEXITSTATUS(*status_) == 0);
}

TEST_F(SupervisorProcess, ARankThatEndsWellTooEarlyIsAFailureToMpi) {
  start("exit 0");
  ASSERT_TRUE(until_dead());
  EXPECT_TRUE(WIFSIGNALED(*status_) && WTERMSIG(*status_) == SIGKILL);
}

TEST_F(SupervisorProcess, SpeaksForItsRankAndToIt) {
  ::setenv("OMPI_COMM_WORLD_RANK", "1", 1);
  start_command({std::string(TUTTI_BINARY_DIR) + "/bin/page_rank", "20"});
  ::unsetenv("OMPI_COMM_WORLD_RANK");
  ASSERT_TRUE(until([this] { return !reports_.empty() && reports_.back().rank.final_state; }));
  EXPECT_EQ(reports_.back().rank.final_state, 42u);
  EXPECT_EQ(reports_.back().rank.progress.step, 20);
  EXPECT_TRUE(reports_.back().rank.ready);
  EXPECT_FALSE(status_);  // it waits for the others
  directive_ = membership::Directive::finish;
  give_order({control::SUPERVISOR, 1, 1});
  ASSERT_TRUE(until_dead());
  EXPECT_EQ(*status_, 0);
}

TEST_F(SupervisorProcess, KillsOnTheJudgesWordAndSaysSo) {
  start("trap '' TERM INT; echo $$; while :; do sleep 1; done");
  ASSERT_TRUE(until([this] { return lines().size() == 1; }));
  const std::string child = lines()[0];
  directive_ = membership::Directive::kill;
  give_order({control::SUPERVISOR, 1, 1});
  ASSERT_TRUE(until([this] { return ended() != nullptr; }));
  EXPECT_EQ(*ended(), (membership::Exit{.by_signal = true, .code = SIGKILL}));
  EXPECT_FALSE(is_alive(child));  // confirmed
  ASSERT_TRUE(until_dead());
  EXPECT_TRUE(WIFSIGNALED(*status_) && WTERMSIG(*status_) == SIGKILL);
}

// As where mpirun is killed in its turn, before it has removed anything.
TEST_F(SupervisorProcess, RemovesWhatItsRankMadeForMpi) {
  const std::string begin = fmt::format("/dev/shm/vader_segment.test.{}.", ::getpid());
  const std::string own = begin + "1", peers = begin + "0", of_a_dead_peer = begin + "2";
  for (const std::string& file : {own, peers, of_a_dead_peer}) std::ofstream(file) << "x";
  const int handle = ::open(peers.c_str(), O_RDONLY | O_CLOEXEC);
  void* in_use = ::mmap(nullptr, 1, PROT_READ, MAP_SHARED, handle, 0);
  ::close(handle);
  ::setenv("OMPI_COMM_WORLD_RANK", "1", 1);
  start_command({std::string(TUTTI_BINARY_DIR) + "/bin/page_rank", "100000", "maps", own, peers,
                 of_a_dead_peer});
  ::unsetenv("OMPI_COMM_WORLD_RANK");
  const bool ready = until([this] { return !reports_.empty() && reports_.back().rank.ready; });
  EXPECT_TRUE(ready && std::filesystem::exists(own));
  directive_ = membership::Directive::kill;
  give_order({control::SUPERVISOR, 1, 1});
  EXPECT_TRUE(until_dead());
  EXPECT_FALSE(std::filesystem::remove(own));
  EXPECT_FALSE(std::filesystem::remove(of_a_dead_peer));
  EXPECT_TRUE(std::filesystem::remove(peers));
  ::munmap(in_use, 1);
}

TEST_F(SupervisorProcess, SaysWhyARankCannotBeStarted) {
  start_command({"no-such-program-of-tutti"});
  ASSERT_TRUE(until([this] { return ended() != nullptr; }));
  EXPECT_EQ(ended()->code, static_cast<int>(ExitCode::missing));
  ASSERT_EQ(lines().size(), 1u);
  EXPECT_THAT(lines()[0], HasSubstr("no-such-program-of-tutti"));
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
  EXPECT_EQ(ended()->code, 5);
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
  const SupervisorOptions options = options_for({"sh", "-c", "kill -9 $PPID"}, 1);
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
  EXPECT_EQ(ended()->code, 4);
}

}  // namespace
}  // namespace tutti::supervise
