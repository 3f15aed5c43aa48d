// How worlds of threads fail: with one error, soon, and naming who is missing.
#include "distributed/thread/thread_communicator.h"

#include <gmock/gmock.h>

#include <atomic>

#include "distributed/shared_memory/region.h"
#include "tests/distributed/hang_watchdog.h"
#include "tests/distributed/tree_reduce_cases.h"

namespace tutti {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;

template <typename Body>
std::string message_of(int world, Body&& body, milliseconds deadline = std::chrono::seconds(60)) {
  try {
    run_ranks(world, body, deadline);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(ThreadWorld, OneRanksErrorEndsAllRanksAtOnce) {
  const auto begin = std::chrono::steady_clock::now();
  std::atomic<int> ended_quietly = 0;
  const std::string message = message_of(4, [&](Communicator& c) {
    if (c.rank() == 2) fail(ExitCode::data, "rows.csv:3", "not a number; mend the cell");
    try {
      for (;;) c.barrier();
    } catch (const PeerFailure&) {
      ++ended_quietly;
      throw;
    }
  });
  EXPECT_EQ(message, "[rows.csv:3] not a number; mend the cell");
  EXPECT_EQ(ended_quietly, 3);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST(ThreadWorld, AnErrorKeepsItsCode) {
  try {
    run_ranks(3, [](Communicator& c) {
      if (c.rank() == 1) fail(ExitCode::data, "here", "bad; mend it");
      c.barrier();
    });
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::data);
  }
}

TEST(ThreadWorld, AbortEndsPeersThatWaitInSharedMemory) {
  EXPECT_EQ(message_of(3,
                       [](Communicator& c) {
                         const auto region = c.share(64);
                         if (c.rank() != 1) return region->barrier();
                         c.abort(Error("[here] first"));
                         throw Error("[here] second");
                       }),
            "[here] first");
}

TEST(ThreadWorld, ALateRankIsNamed) {
  std::atomic<bool> noticed = false;
  const auto late = [&](Communicator& c) {
    if (c.rank() != 1) return c.barrier();
    while (!noticed) {
      try {
        c.poll();
      } catch (const PeerFailure&) {
        noticed = true;
      }
    }
  };
  EXPECT_THAT(message_of(3, late, milliseconds(100)),
              AllOf(HasSubstr("waited 100 ms"), HasSubstr("rank 1;")));
}

TEST(ThreadWorld, ALateRankIsNamedInSharedMemory) {
  std::atomic<bool> noticed = false;
  const auto late = [&](Communicator& c) {
    const auto region = c.share(64);
    if (c.rank() == 0) return region->barrier();
    while (!noticed) {
      try {
        c.poll();
      } catch (const PeerFailure&) {
        noticed = true;
      }
    }
  };
  EXPECT_THAT(message_of(3, late, milliseconds(100)),
              AllOf(HasSubstr("within 100 ms"), HasSubstr("ranks 1 and 2")));
}

TEST(ThreadWorld, ARankThatEndsEarlyIsNamedAtOnce) {
  EXPECT_THAT(message_of(2,
                         [](Communicator& c) {
                           if (c.rank() == 0) c.barrier();
                         }),
              HasSubstr("rank 1 ended without its part"));
}

TEST(ThreadWorld, ARankThatEndsEarlyIsNamedInSharedMemory) {
  EXPECT_THAT(message_of(2,
                         [](Communicator& c) {
                           const auto region = c.share(64);
                           if (c.rank() == 0) region->barrier();
                         }),
              HasSubstr("rank 1 ended without its part in a barrier"));
}

TEST(ThreadWorld, RanksThatAreLeftGoOnWithoutALostOne) {
  std::atomic<int> went_on = 0;
  run_ranks(4, [&](Communicator& c) {
    if (c.rank() == 1) return;
    EXPECT_THROW(for (;;) c.barrier(), CommunicationError);
    EXPECT_TRUE(c.agree(true));
    EXPECT_FALSE(c.agree(c.rank() != 2));
    const auto left = c.shrink();
    EXPECT_EQ(left->size(), 3);
    EXPECT_EQ(left->rank(), c.rank() == 0 ? 0 : c.rank() - 1);
    tree_reduce_cases::check_reduction<float>(*left, 8, 2501);
    if (left->rank() == 0) return;
    EXPECT_THROW(for (;;) left->barrier(), CommunicationError);  // and lose another
    EXPECT_EQ(left->shrink()->size(), 2);
    ++went_on;
  });
  EXPECT_EQ(went_on, 2);
}

TEST(ThreadWorld, RevokedAndLeftSoIsAnError) {
  EXPECT_THAT(message_of(3,
                         [](Communicator& c) {
                           if (c.rank() == 2) c.revoke();
                           for (;;) c.barrier();
                         }),
              HasSubstr("this world was revoked"));
}

TEST(ThreadWorld, CallsThatDoNotMatchAreErrors) {
  EXPECT_THAT(message_of(2,
                         [](Communicator& c) {
                           std::vector<std::byte> data(c.rank() == 0 ? 8 : 4);
                           c.broadcast(data, 0);
                         }),
              HasSubstr("rank 1 expects 4 bytes from rank 0, which sends 8"));
}

TEST(ThreadWorld, ADroppedOperationIsAnError) {
  EXPECT_THAT(message_of(2,
                         [](Communicator& c) {
                           std::vector<std::byte> data(8);
                           { Request dropped = c.start_broadcast(data, 0); }
                         }),
              HasSubstr("wait() for every Request"));
}

// Buffers of a rank that fails must outlive its peers' copies: the sanitizers watch this one.
TEST(ThreadWorld, BuffersOutliveTheirReadersWhenARankFails) {
  for (int turn = 0; turn < 30; ++turn) {
    const std::string message = message_of(4, [turn](Communicator& c) {
      for (int step = 0;; ++step) {
        std::vector<std::byte> data(20000);
        Request request = c.start_broadcast(data, step % c.size());
        if (step == turn && c.rank() == turn % 4) throw Error("[here] on purpose");
        request.wait();
      }
    });
    ASSERT_EQ(message, "[here] on purpose");
  }
}

TEST(ThreadWorld, NeedsARank) {
  EXPECT_THROW(run_ranks(0, [](Communicator&) {}), Error);
}

}  // namespace
}  // namespace tutti
