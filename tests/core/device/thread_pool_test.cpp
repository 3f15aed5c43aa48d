#include "core/device/thread_pool.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <numeric>
#include <set>
#include <thread>
#include <vector>

#include "core/base/error.h"

namespace tutti {
namespace {

TEST(thread_pool, runs_every_tile_once) {
  for (const int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads, /*oversubscribe=*/true);
    EXPECT_EQ(pool.threads(), threads);
    for (const int64_t tiles : {0, 1, 2, 3, 7, 64, 1000}) {
      std::vector<int> count(static_cast<size_t>(tiles), 0);  // not atomic: a tile has one thread
      for (int round = 0; round < 20; ++round)
        pool.run(tiles, [&](int64_t tile) { ++count[static_cast<size_t>(tile)]; });
      EXPECT_EQ(count, std::vector<int>(static_cast<size_t>(tiles), 20)) << threads;
    }
  }
}

// What a task wrote is there for the next, whichever thread runs it, asleep or spinning before.
TEST(thread_pool, tasks_happen_one_after_the_other) {
  ThreadPool pool(3, true);
  std::vector<int64_t> values(100, 0), sums(100, 0);
  for (int64_t round = 0; round < 300; ++round) {
    pool.run(100, [&](int64_t tile) { values[static_cast<size_t>(tile)] += tile; });
    if (round % 50 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    pool.run(100, [&](int64_t tile) {
      sums[static_cast<size_t>(tile)] = std::accumulate(values.begin(), values.end(), int64_t{0});
    });
    for (const int64_t sum : sums) ASSERT_EQ(sum, 4950 * (round + 1));
  }
}

TEST(thread_pool, grows_and_shrinks_between_runs) {
  ThreadPool pool(1, true);
  for (const int threads : {3, 1, 2, 2, 5}) {
    pool.resize(threads);
    EXPECT_EQ(pool.threads(), threads);
    std::vector<int> count(100, 0);
    pool.run(100, [&](int64_t tile) { ++count[static_cast<size_t>(tile)]; });
    EXPECT_EQ(count, std::vector<int>(100, 1));
  }
}

TEST(thread_pool, uses_its_threads) {
  ThreadPool pool(2, true);
  std::mutex mutex;
  std::set<std::thread::id> ids;
  std::atomic<int> arrived{0};
  pool.run(2, [&](int64_t) {
    {
      std::lock_guard lock(mutex);
      ids.insert(std::this_thread::get_id());
    }
    ++arrived;
    while (arrived < 2) std::this_thread::yield();  // hangs if one thread ran both tiles
  });
  EXPECT_EQ(ids.size(), 2u);
}

TEST(thread_pool, throws_what_the_first_failed_tile_threw) {
  for (const int threads : {1, 4}) {
    ThreadPool pool(threads, true);
    for (int round = 0; round < 50; ++round) {
      std::string message;
      try {
        pool.run(20, [&](int64_t tile) {
          if (tile == 5 || tile == 13) fail("test", "tile {} failed; expected", tile);
        });
      } catch (const Error& error) {
        message = error.what();
      }
      ASSERT_EQ(message, "[test] tile 5 failed; expected");
    }
    std::atomic<int> count{0};
    pool.run(10, [&](int64_t) { ++count; });  // still works
    EXPECT_EQ(count, 10);
  }
}

TEST(thread_pool, refuses_to_be_entered_twice) {
  ThreadPool pool(2, true);
  EXPECT_THROW(pool.run(2, [&](int64_t) { pool.run(2, [](int64_t) {}); }), Error);
  EXPECT_THROW(ThreadPool(0), Error);
}

TEST(thread_pool, keeps_to_the_processors_it_has) {
  EXPECT_GE(available_threads(), 1);
  EXPECT_EQ(ThreadPool(100000).threads(), available_threads());
}

TEST(thread_pool, keeps_openmp_to_one_thread) {
  ThreadPool pool(3, true);
  pool.run(50, [](int64_t) { EXPECT_EQ(omp_get_max_threads(), 1); });
}

TEST(thread_pool, flushes_denormals_on_every_thread) {
  ThreadPool pool(3, true);
  pool.run(50, [](int64_t) {
    volatile float smallest = 1.1754943508e-38f;
    volatile float half = smallest * 0.5f;
    EXPECT_EQ(half, 0.0f);
  });
}

TEST(thread_pool, many_pools_live_side_by_side) {
  std::vector<std::thread> ranks;
  std::atomic<int64_t> total{0};
  for (int rank = 0; rank < 4; ++rank)
    ranks.emplace_back([&] {
      ThreadPool pool(2, true);
      for (int i = 0; i < 100; ++i) pool.run(8, [&](int64_t tile) { total += tile; });
    });
  for (auto& rank : ranks) rank.join();
  EXPECT_EQ(total, 4 * 100 * 28);
}

}  // namespace
}  // namespace tutti
