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
#include "core/device/cpu/cpu_quota.h"
#include "core/device/isa.h"

namespace tutti {
namespace {

// A step calls the pool every few tens of microseconds; waking a sleeper costs about as much.
constexpr std::chrono::microseconds kSpinTime{50};
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
  // Tiles nobody has claimed; at most 0 when there is no work. Whoever gets a positive value out of
  // fetch_sub owns a tile, and with it the right to read the task: the caller changes it only after
  // all owned tiles were counted off.
  alignas(64) std::atomic<int64_t> unclaimed{0};
  alignas(64) std::atomic<int64_t> unfinished{0};
  alignas(64) std::atomic<int> sleepers{0};
  std::atomic<uint32_t> wakes{0};  // what sleepers wait on
  std::atomic<bool> busy{false}, stop{false};

  alignas(64) Invoke invoke = nullptr;
  const void* body = nullptr;
  int64_t tiles = 0;

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

  void run_tiles() {
    int64_t done = 0;
    while (unclaimed.load(std::memory_order_relaxed) > 0) {
      const int64_t left = unclaimed.fetch_sub(1, std::memory_order_acquire);
      if (left <= 0) break;
      run_tile(tiles - left);
      ++done;
    }
    if (done > 0) unfinished.fetch_sub(done, std::memory_order_release);
  }

  bool has_work() const { return unclaimed.load() > 0 || stop.load(); }

  void sleep() {
    // The caller offers tiles, then looks for sleepers; a worker says it sleeps, then looks for
    // tiles: one of them sees the other.
    sleepers.fetch_add(1);
    const uint32_t seen = wakes.load();
    if (!has_work()) wakes.wait(seen);
    sleepers.fetch_sub(1);
  }

  void wake() {
    if (sleepers.load() == 0) return;
    wakes.fetch_add(1);
    wakes.notify_all();
  }

  void work() {
    prepare_thread();
    while (!stop.load(std::memory_order_relaxed)) {
      if (spin_until([this] { return has_work(); }))
        run_tiles();
      else
        sleep();
    }
  }
};

ThreadPool::ThreadPool(int threads, bool oversubscribe) : state_(std::make_unique<State>()) {
  if (threads < 1)
    fail(ExitCode::usage, "threads", "a pool of {} threads cannot run; use 1 or more", threads);
  threads_ = oversubscribe ? threads : std::min(threads, available_threads());
  prepare_thread();
  for (int i = 1; i < threads_; ++i)
    state_->workers.emplace_back([state = state_.get()] { state->work(); });
}

ThreadPool::~ThreadPool() {
  state_->stop = true;
  state_->wake();
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
  state.tiles = tiles;
  state.unfinished.store(tiles, std::memory_order_relaxed);
  state.unclaimed.store(tiles);
  state.wake();
  state.run_tiles();
  const auto finished = [&] { return state.unfinished.load(std::memory_order_acquire) == 0; };
  while (!spin_until(finished)) std::this_thread::yield();  // the worker may need this processor
  std::exception_ptr failure = std::exchange(state.failure, nullptr);
  state.busy.store(false, std::memory_order_release);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace tutti
