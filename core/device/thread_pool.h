// The threads of one rank. Work is split into tiles by shape alone; which thread runs a tile never
// changes a bit. Between tasks the workers spin briefly, then sleep.
#pragma once

#include <cstdint>
#include <memory>

namespace tutti {

// Processors this process may use: the affinity mask, cut by the cgroup's quota.
int available_threads();

class ThreadPool {
 public:
  // `threads` counts the caller; 1 makes no thread. Never more than available_threads() unless
  // `oversubscribe`, which lets tests run many threads on few processors.
  explicit ThreadPool(int threads, bool oversubscribe = false);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return threads_; }
  // From the next run on, as many: by the thread that runs, between two runs.
  void resize(int threads);

  // Runs body(tile) for tile in [0, tiles) and returns when all are done. The exception of the
  // first tile that failed is thrown here after the others have ended. Not re-entrant and for one
  // caller at a time: a body that calls run is an error.
  template <typename Body>
  void run(int64_t tiles, const Body& body) {
    if (tiles == 1 || threads_ == 1) {
      for (int64_t tile = 0; tile < tiles; ++tile) body(tile);
      return;
    }
    run_erased(
        tiles, [](const void* b, int64_t tile) { (*static_cast<const Body*>(b))(tile); }, &body);
  }

 private:
  using Invoke = void (*)(const void*, int64_t);
  void run_erased(int64_t tiles, Invoke invoke, const void* body);

  void begin(int threads);
  void end();

  struct State;
  bool oversubscribe_;
  int threads_ = 0;
  std::unique_ptr<State> state_;
};

}  // namespace tutti
