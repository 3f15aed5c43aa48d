#include "launch/rank/supervised_rank.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ctime>

#include "core/base/activity.h"
#include "core/base/error.h"
#include "distributed/thread/thread_communicator.h"
#include "launch/stop_signal.h"
#include "tests/distributed/hang_watchdog.h"

namespace tutti {
namespace {

using std::chrono::milliseconds, std::chrono::seconds;
using supervise::RankOrders;
using supervise::RankPage;
namespace ms = membership;

std::shared_ptr<const ms::World> world_of(ms::Generation generation, int ranks) {
  ms::World world;
  world.generation = generation;
  for (int r = 0; r < ranks; ++r) world.seats.push_back({{1, r}, "host" + std::to_string(r)});
  return std::make_shared<const ms::World>(world);
}

// Until it holds, at most 5 s.
template <typename Condition>
bool comes(Condition&& condition) {
  const auto end = std::chrono::steady_clock::now() + seconds(5);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(milliseconds(1));
  }
  return true;
}

struct Supervised {
  RankPage page = RankPage::make(11);
  SupervisedRank rank{RankPage::open(::dup(page.descriptor()))};
};

TEST(SupervisedRank, TellsHowFarItIs) {
  Supervised one;
  one.page.tell({world_of(1, 3)});
  one.rank.enter(2);
  EXPECT_EQ(one.rank.job(), 11u);
  EXPECT_EQ(one.rank.host(), "host2");
  EXPECT_TRUE(comes([&] { return one.page.heard() && one.page.heard()->generation == 1; }));
  EXPECT_FALSE(one.page.heard()->ready);
  one.rank.set_ready();
  one.rank.set_commit({.number = 4, .step = 9, .buffer = 1, .written = true});
  EXPECT_TRUE(comes([&] { return one.page.heard()->commit.number == 4; }));
  EXPECT_TRUE(one.page.heard()->ready);
  const RecordedThread recorded;
  note_step(12);
  EXPECT_EQ(one.page.heard()->progress.step, 12);
  const uint64_t words = one.page.words();
  EXPECT_TRUE(comes([&] { return one.page.words() > words; }));  // without news, too
}

// Rows that are read and a report that is written take long, and nothing counts them.
TEST(SupervisedRank, GetsOnWhileItComputesAndNotWhileItSleeps) {
  Supervised one;
  one.page.tell({world_of(1, 1)});
  one.rank.enter(0);
  const RecordedThread recorded;
  const auto next = [&] {  // what it says of itself in its next word but one
    const auto end = std::chrono::steady_clock::now() + seconds(10);
    for (const uint64_t words = one.page.words(); one.page.words() < words + 2;) {
      std::this_thread::sleep_for(milliseconds(50));
      if (std::chrono::steady_clock::now() > end) return ADD_FAILURE() << "it fell silent", uint64_t{0};
    }
    return one.page.heard()->progress.bytes;
  };
  const uint64_t asleep = next();
  EXPECT_LE(next(), asleep + 1);  // looking takes some time, too
  const auto worked = [] { return std::clock() / (CLOCKS_PER_SEC / 10); };
  for (const auto begin = worked(); worked() < begin + 4;) {
  }
  EXPECT_GT(next(), asleep + 2);
  const Waiting waiting("all_gather");
  next();
  const uint64_t waits = next();
  for (const auto begin = worked(); worked() < begin + 2;) {
  }
  EXPECT_EQ(next(), waits);
}

TEST(SupervisedRank, KnowsWhatIsDecided) {
  Supervised one;
  one.page.tell({world_of(1, 1)});
  one.rank.enter(0);
  EXPECT_EQ(one.rank.decision(), ms::Decision{});
  one.page.tell({world_of(1, 1), ms::Directive::train, {4, true}});
  EXPECT_TRUE(comes([&] { return one.rank.decision() == (ms::Decision{4, true}); }));
  EXPECT_FALSE(one.rank.outdated());
  one.page.tell({world_of(2, 1), ms::Directive::train, {5, true}});
  EXPECT_TRUE(comes([&] { return one.rank.outdated(); }));
  EXPECT_EQ(one.rank.decision(), ms::Decision{});  // that is of another world
  one.rank.enter_newer(2);
  EXPECT_EQ(one.rank.decision(), (ms::Decision{5, true}));
}

TEST(SupervisedRank, IsAskedToStop) {
  Supervised one;
  one.page.tell({world_of(1, 1)});
  one.rank.enter(0);
  EXPECT_FALSE(StopSignal::received());
  one.page.tell({world_of(1, 1), ms::Directive::stop});
  EXPECT_TRUE(comes([] { return StopSignal::received(); }));
  const StopSignal later;  // training begins when the order is here already
  EXPECT_TRUE(StopSignal::received());
}

TEST(SupervisedRank, FinishesWithTheOthers) {
  Supervised one;
  one.page.tell({world_of(1, 1)});
  one.rank.enter(0);
  std::thread judge([&] {
    EXPECT_TRUE(comes([&] { return one.page.heard() && one.page.heard()->final_state == 99; }));
    one.page.tell({world_of(1, 1), ms::Directive::finish});
  });
  one.rank.finish(99);
  judge.join();
  one.page.tell({world_of(2, 1)});
  EXPECT_TRUE(comes([&] { return one.rank.outdated(); }));
  EXPECT_THROW(one.rank.finish(99), CommunicationError);
}

TEST(SupervisedRank, ARankThatIsLeftOutSaysSo) {
  Supervised one;
  one.page.tell({world_of(1, 2)});
  EXPECT_THROW(one.rank.enter(2), Error);
  one.rank.enter(1);
  one.page.tell({world_of(2, 1)});
  EXPECT_THROW(one.rank.enter_newer(2), Error);
}

// A wait for a peer that will never come ends when the judge wants another world.
TEST(SupervisedRank, AWaitIsInterrupted) {
  run_ranks(2, [&](Communicator& communicator) {
    if (communicator.rank() == 1) {
      try {
        while (true) communicator.poll(), std::this_thread::sleep_for(milliseconds(1));
      } catch (const CommunicationError&) {
        return;
      }
    }
    Supervised one;
    one.page.tell({world_of(1, 2)});
    one.rank.enter(0);
    one.rank.meets_through(&communicator);
    std::thread judge([&] {
      std::this_thread::sleep_for(milliseconds(50));
      one.page.tell({world_of(2, 2)});
    });
    EXPECT_THROW(communicator.barrier(), CommunicationError);
    judge.join();
    one.rank.meets_through(nullptr);
    communicator.revoke();
  });
}

// In a process of its own, which ends.
int end_of(const std::function<void(Supervised&)>& life) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(10);
    Supervised one;
    one.page.tell({world_of(1, 1)});
    one.rank.enter(0);
    life(one);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST(SupervisedRank, EndsWhenItsLeaseIsOver) {
  EXPECT_EQ(end_of([](Supervised& one) {
              one.page.set_lease(std::chrono::steady_clock::now() + milliseconds(100));
              std::this_thread::sleep_for(seconds(5));
            }),
            SIGKILL);
  EXPECT_EQ(end_of([](Supervised& one) {
              for (int i = 0; i < 10; ++i) {
                one.page.set_lease(std::chrono::steady_clock::now() + seconds(1));
                std::this_thread::sleep_for(milliseconds(50));
              }
            }),
            0);
}

TEST(SupervisedRank, NoSupervisorIsNoRank) {
  ::unsetenv(RankPage::variable);
  EXPECT_EQ(SupervisedRank::join(), nullptr);
  ::setenv(RankPage::variable, "9999", 1);
  EXPECT_THROW(SupervisedRank::join(), Error);
  ::unsetenv(RankPage::variable);
}

}  // namespace
}  // namespace tutti
