// `tutti train` as a rank of one, judged by this test: killed, it goes on from its newest commit
// and ends as an undisturbed run does.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "launch/rank/commit_store.h"
#include "launch/supervise/rank_page.h"
#include "tests/launch/run_program.h"

namespace tutti::testing_support {
namespace {

using std::chrono::milliseconds;
using supervise::RankPage;
using ::testing::HasSubstr;
using ::testing::Not;
namespace ms = membership;

constexpr const char* kHost = "committed-run-test";

class CommittedRun : public InTemporaryFolder {
 protected:
  CommittedRun() : job_(static_cast<uint64_t>(::getpid()) << 24 | 0xc0ffee) {
    write("job.yaml", R"(
data: {dataset: digits, validation_split: 0.2}
model:
  - Dense: {units: 300, activation: relu}
  - Dropout: {rate: 0.2}
  - Dense: {units: 10}
loss: {SparseCategoricalCrossentropy: {from_logits: true}}
optimizer: {Adam: {learning_rate: 0.001}}
metrics: [accuracy]
fit: {epochs: 300, batch_size: 16, verbose: 0}
checkpoint: {every: never}
commit: 0.05
seed: 3
report: false
)");
  }
  ~CommittedRun() override {
    if (rank_ > 0) ::kill(rank_, SIGKILL);
    std::filesystem::remove_all(memory());
  }
  std::filesystem::path memory() const { return commits_of_job(job_); }

  // A rank of a world of its own, which begins from `commit`.
  void start(ms::Generation generation, const std::optional<ms::Commit>& commit) {
    page_.emplace(RankPage::make(job_));
    ms::World world;
    world.generation = generation;
    world.seats = {{{generation, 0}, kHost}};
    world.commit = commit;
    if (commit) world.read_at = {kHost};
    world_ = std::make_shared<const ms::World>(world);
    page_->tell({world_});
    const std::string descriptor = std::to_string(page_->descriptor());
    const std::string program = tutti_program();
    rank_ = ::fork();
    ASSERT_GE(rank_, 0);
    if (rank_ > 0) return;
    ::alarm(200);
    ::setenv(RankPage::variable, descriptor.c_str(), 1);
    if (::chdir(folder_.c_str()) != 0) ::_exit(99);
    const int out = ::open("rank.out", O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, 1), ::dup2(out, 2);
    ::execl(program.c_str(), "tutti", "train", "job.yaml", "--run", "run", "--resume", nullptr);
    ::_exit(98);
  }

  // As the judge: the rank's commits are complete when it has written them. Until the rank has
  // ended, or the third commit.
  std::optional<ms::Commit> judge(bool to_the_end) {
    ms::Decision decision;
    std::optional<ms::Commit> newest;
    for (int turn = 0; turn < 100'000; ++turn) {
      const auto state = page_->heard();
      if (state && state->commit.written && state->commit.number > decision.number) {
        EXPECT_TRUE(state->ready);
        decision = {state->commit.number, true};
        newest = ms::Commit{world_->generation,
                            decision.number,
                            state->commit.step,
                            state->commit.buffer,
                            {{{kHost, 1}, {kHost, 1}}}};
        if (decision.number >= 3 && !to_the_end) return newest;
      }
      const bool done = state && state->final_state;
      page_->tell({world_, done ? ms::Directive::finish : ms::Directive::train, decision});
      if (::waitpid(rank_, &status_, WNOHANG) == rank_) {
        rank_ = -1;
        return newest;
      }
      std::this_thread::sleep_for(milliseconds(2));
    }
    ADD_FAILURE() << "the rank does not end";
    return newest;
  }
  void kill() {
    ASSERT_GT(rank_, 0) << "it ended by itself: " << read_text(folder_ / "rank.out");
    ::kill(rank_, SIGKILL);
    ::waitpid(rank_, &status_, 0);
    rank_ = -1;
  }
  static std::string parameters(const std::string& text) {
    const size_t at = text.find("parameters ");
    return at == std::string::npos ? text : text.substr(at, text.find('\n', at) - at);
  }

  const uint64_t job_;
  std::optional<RankPage> page_;
  std::shared_ptr<const ms::World> world_;
  pid_t rank_ = -1;
  int status_ = 0;
};

TEST_F(CommittedRun, GoesOnFromItsNewestCommit) {
  const Finished whole = shell("tutti train job.yaml --run whole");
  ASSERT_EQ(whole.code, 0) << whole.err;
  std::optional<ms::Commit> commit;
  for (ms::Generation generation = 1; generation <= 3; ++generation) {
    start(generation, commit);
    const auto newer = judge(false);
    ASSERT_TRUE(newer) << read_text(folder_ / "rank.out");
    EXPECT_GT(newer->step, commit ? commit->step : 0);
    commit = newer;
    kill();
  }
  start(4, commit);
  judge(true);
  EXPECT_TRUE(WIFEXITED(status_) && WEXITSTATUS(status_) == 0) << status_;
  const std::string said = read_text(folder_ / "rank.out");
  EXPECT_THAT(said, HasSubstr("the newest commit"));
  EXPECT_EQ(parameters(said), parameters(whole.out)) << said;
  EXPECT_EQ(read_text(folder_ / "run" / "history.csv"),
            read_text(folder_ / "whole" / "history.csv"));
  EXPECT_FALSE(std::filesystem::exists(memory()));
}

TEST_F(CommittedRun, WithoutItsCommitItBeginsFromTheDisk) {
  const Finished whole = shell("tutti train job.yaml --run whole");
  ASSERT_EQ(whole.code, 0) << whole.err;
  start(1, std::nullopt);
  const auto commit = judge(false);
  ASSERT_TRUE(commit) << read_text(folder_ / "rank.out");
  kill();
  std::filesystem::remove_all(memory());
  start(2, commit);
  judge(true);
  const std::string said = read_text(folder_ / "rank.out");
  EXPECT_TRUE(WIFEXITED(status_) && WEXITSTATUS(status_) == 0) << said;
  EXPECT_THAT(said, HasSubstr("back to the newest checkpoint"));
  EXPECT_THAT(said, Not(HasSubstr("going on from step")));
  EXPECT_EQ(parameters(said), parameters(whole.out)) << said;
}

TEST_F(CommittedRun, EndsWithoutItsJudge) {
  start(1, std::nullopt);
  judge(false);
  page_->set_lease(std::chrono::steady_clock::now());
  judge(true);
  EXPECT_TRUE(WIFSIGNALED(status_) && WTERMSIG(status_) == SIGKILL);
}

}  // namespace
}  // namespace tutti::testing_support
