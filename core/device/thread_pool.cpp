#include "core/device/thread_pool.h"

#include <omp.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "core/base/error.h"
#include "core/device/cpu/control_group.h"
#include "core/device/isa.h"

namespace tutti {
namespace {

// A step calls the pool every few tens of microseconds; waking a sleeper costs about as much.
constexpr std::chrono::microseconds kSpinTime{100};
constexpr int kPausesPerLook = 32;

void pause_processor() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Spins until ready(); false if that took longer than kSpinTime.
template <typename Ready>
bool spin_until(const Ready& ready) {
  for (int i = 0; i < kPausesPerLook; ++i) {  // most waits end before a clock is worth reading
    if (ready()) return true;
    pause_processor();
  }
  const auto deadline = std::chrono::steady_clock::now() + kSpinTime;
  do {
    for (int i = 0; i < kPausesPerLook; ++i) {
      if (ready()) return true;
      pause_processor();
    }
  } while (std::chrono::steady_clock::now() < deadline);
  return false;
}

void prepare_thread() {
  flush_denormals();
  omp_set_num_threads(1);  // of this thread: a primitive must not start threads of its own
}

int affinity_threads() {
  for (int size = 1024; size <= 1 << 20;
       size *= 2) {  // the kernel may know more than 1024 processors
    cpu_set_t* set = CPU_ALLOC(size);
    const size_t bytes = CPU_ALLOC_SIZE(size);
    const bool read = sched_getaffinity(0, bytes, set) == 0;
    const int count = read ? CPU_COUNT_S(bytes, set) : 0;
    CPU_FREE(set);
    if (read) return std::max(1, count);
  }
  return 1;
}

}  // namespace

int available_threads() {
  static const int threads = [] {
    const int affinity = affinity_threads();
    const auto quota = cpu_quota();
    // Rounded down: a thread without a whole processor is throttled while the others wait for it.
    return quota ? std::clamp(static_cast<int>(std::floor(*quota)), 1, affinity) : affinity;
  }();
  return threads;
}

struct ThreadPool::State {
  // Each participant's own part of the tiles, the same in every run of as many tiles: what a thread
  // wrote in one kernel is in its cache when the next kernel reads it. Who has done its part takes
  // from the others'.
  struct alignas(64) Part {
    // Tiles nobody has claimed; at most 0 when there are none. Whoever gets a positive value out of
    // fetch_sub owns tile `end` less that value, and with it the right to read the task: the caller
    // changes it only after all owned tiles were counted off.
    std::atomic<int64_t> unclaimed{0};
    int64_t end = 0;
  };
  std::vector<Part> parts;
  alignas(64) std::atomic<int64_t> unfinished{0};
  // Runs so far: what workers watch, and sleepers wait on.
  alignas(64) std::atomic<uint32_t> offers{0};
  std::atomic<int> sleepers{0};
  std::atomic<bool> busy{false}, stop{false};

  alignas(64) Invoke invoke = nullptr;
  const void* body = nullptr;

  std::mutex failure_mutex;
  int64_t failed_tile = 0;
  std::exception_ptr failure;

  std::vector<std::thread> workers;

  void run_tile(int64_t tile) {
    try {
      invoke(body, tile);
    } catch (...) {
      std::lock_guard lock(failure_mutex);
      if (!failure || tile < failed_tile) failure = std::current_exception(), failed_tile = tile;
    }
  }

  int64_t run_part(Part& part) {
    int64_t done = 0;
    while (part.unclaimed.load(std::memory_order_relaxed) > 0) {
      const int64_t left = part.unclaimed.fetch_sub(1, std::memory_order_acquire);
      if (left <= 0) break;
      run_tile(part.end - left);
      ++done;
    }
    return done;
  }

  void run_tiles(size_t participant) {
    int64_t done = 0;
    for (size_t i = 0; i < parts.size(); ++i)
      done += run_part(parts[(participant + i) % parts.size()]);
    if (done > 0) unfinished.fetch_sub(done, std::memory_order_release);
  }

  // Caller only.
  void offer(int64_t tiles) {
    const auto count = static_cast<int64_t>(parts.size());
    unfinished.store(tiles, std::memory_order_relaxed);
    for (int64_t i = 0; i < count; ++i) {
      Part& part = parts[static_cast<size_t>(i)];
      part.end = (i + 1) * tiles / count;
      part.unclaimed.store(part.end - i * tiles / count, std::memory_order_release);
    }
    announce();
  }

  // The caller says that there is something new, then looks for sleepers; a worker says that it
  // sleeps, then looks for something new: one of them sees the other.
  void announce() {
    offers.fetch_add(1);
    if (sleepers.load() > 0) offers.notify_all();
  }

  void work(size_t participant) {
    prepare_thread();
    for (uint32_t seen = 0; !stop.load(std::memory_order_relaxed);) {
      if (!spin_until([&] { return offers.load(std::memory_order_acquire) != seen; })) {
        sleepers.fetch_add(1);
        offers.wait(seen);
        sleepers.fetch_sub(1);
      }
      seen = offers.load();
      run_tiles(participant);
    }
  }
};

ThreadPool::ThreadPool(int threads, bool oversubscribe) : oversubscribe_(oversubscribe) {
  begin(threads);
}

void ThreadPool::begin(int threads) {
  if (threads < 1)
    fail(ExitCode::usage, "threads", "a pool of {} threads cannot run; use 1 or more", threads);
  state_ = std::make_unique<State>();
  threads_ = oversubscribe_ ? threads : std::min(threads, available_threads());
  prepare_thread();
  state_->parts = std::vector<State::Part>(static_cast<size_t>(threads_));
  for (size_t i = 1; i < state_->parts.size(); ++i)
    state_->workers.emplace_back([state = state_.get(), i] { state->work(i); });
}

ThreadPool::~ThreadPool() { end(); }

void ThreadPool::resize(int threads) {
  end();
  begin(threads);
}

void ThreadPool::end() {
  state_->stop = true;
  state_->announce();
  for (auto& worker : state_->workers) worker.join();
}

void ThreadPool::run_erased(int64_t tiles, Invoke invoke, const void* body) {
  if (tiles <= 0) return;
  State& state = *state_;
  if (state.busy.exchange(true, std::memory_order_acquire))
    fail(ExitCode::internal, "threads",
         "the pool was called while it runs; give each rank its own "
         "pool and do not call run from a tile");
  state.invoke = invoke;
  state.body = body;
  state.offer(tiles);
  state.run_tiles(0);
  const auto finished = [&] { return state.unfinished.load(std::memory_order_acquire) == 0; };
  while (!spin_until(finished)) std::this_thread::yield();  // the worker may need this processor
  std::exception_ptr failure = std::exchange(state.failure, nullptr);
  state.busy.store(false, std::memory_order_release);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace tutti
