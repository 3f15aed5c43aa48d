#include "launch/supervise/rank_page.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "core/base/error.h"

namespace tutti::supervise {
namespace {

using std::chrono::seconds;
namespace ms = membership;

std::shared_ptr<const ms::World> world_of(int ranks) {
  ms::World world;
  world.generation = 1;
  for (int r = 0; r < ranks; ++r)
    world.seats.push_back({{1, r}, "host-with-a-name-" + std::to_string(r)});
  return std::make_shared<const ms::World>(world);
}

TEST(RankPage, TheNewestWordsCount) {
  RankPage page = RankPage::make(7);
  RankPage rank = RankPage::open(::dup(page.descriptor()));
  EXPECT_FALSE(page.heard());
  EXPECT_FALSE(rank.told());
  EXPECT_EQ(rank.job(), 7u);
  page.tell({world_of(2)});
  page.tell({world_of(3), ms::Directive::stop, {4, true}});
  EXPECT_EQ(rank.orders(), 2u);
  EXPECT_EQ(rank.told()->world->seats.size(), 3u);
  EXPECT_EQ(rank.told()->directive, ms::Directive::stop);
  EXPECT_EQ(rank.told()->decision, (ms::Decision{4, true}));
  for (int step = 1; step <= 5; ++step) {
    ms::RankState state;
    state.generation = 1;
    state.progress.bytes = static_cast<uint64_t>(step);
    rank.say(state);
  }
  EXPECT_EQ(page.words(), 5u);
  EXPECT_EQ(page.heard()->progress.bytes, 5u);
  rank.step() = 17;
  EXPECT_EQ(page.heard()->progress.step, 17);
  const auto end = std::chrono::steady_clock::now() + seconds(7);
  page.set_lease(end);
  EXPECT_EQ(rank.lease(), end);
}

TEST(RankPage, ARankThatWaitsHearsAtOnceWhatItIsTold) {
  RankPage page = RankPage::make(7);
  const uint32_t before = page.rings();
  const pid_t process = ::fork();
  if (process == 0) {  // the rank, which has the memory by descriptor
    const RankPage rank = RankPage::open(::dup(page.descriptor()));
    ::alarm(60);
    while (!rank.told()) rank.await_ring(before, std::chrono::minutes(10));
    ::_exit(0);
  }
  ::usleep(50'000);
  page.tell({world_of(2)});
  int status = -1;
  EXPECT_EQ(::waitpid(process, &status, 0), process);
  EXPECT_EQ(status, 0) << "it slept on";
  page.await_ring(before, std::chrono::minutes(10));  // rung since: no wait
  const auto begin = std::chrono::steady_clock::now();
  page.await_ring(page.rings(), std::chrono::milliseconds(20));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(19));
}

TEST(RankPage, AWorldOfAThousandRanksIsTold) {
  RankPage page = RankPage::make(7);
  page.tell({world_of(4096)});
  EXPECT_EQ(page.told()->world->seats.size(), 4096u);
}

// A reader never sees half a word, and a rank that is killed while it speaks leaves a whole one.
TEST(RankPage, ARankThatIsKilledWhileItSpeaksLeavesAWord) {
  for (int round = 0; round < 20; ++round) {
    RankPage page = RankPage::make(7);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      RankPage rank = RankPage::open(::dup(page.descriptor()));
      ms::RankState state;
      for (int64_t step = 1;; ++step) {
        rank.step() = step;
        state.progress.bytes = static_cast<uint64_t>(step);
        state.progress.where = std::string(static_cast<size_t>(step % 500), 'x');
        rank.say(state);
      }
    }
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(5 + round);
    while (page.words() == 0 || std::chrono::steady_clock::now() < end) {
      if (const auto state = page.heard()) {
        ASSERT_EQ(state->progress.where.size(), state->progress.bytes % 500);
      }
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const auto last = page.heard();
    ASSERT_TRUE(last);
    EXPECT_GE(last->progress.step, static_cast<int64_t>(last->progress.bytes));
    EXPECT_EQ(last->progress.where.size(), last->progress.bytes % 500);
  }
}

TEST(RankPage, AnythingElseIsRefused) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  EXPECT_THROW(RankPage::open(ends[0]), Error);
  EXPECT_THROW(RankPage::open(9999), Error);
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace tutti::supervise
