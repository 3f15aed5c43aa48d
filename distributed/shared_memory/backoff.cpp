#include "distributed/shared_memory/backoff.h"

#include <sched.h>

#include <algorithm>
#include <thread>

namespace tutti {

bool Backoff::pause() {
  using std::chrono::microseconds;
  if (turns_ < spins) {
    ++turns_;
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
    return true;
  }
  const auto now = std::chrono::steady_clock::now();
  if (turns_ == spins) ++turns_, start_ = now;
  const auto waited = std::chrono::duration_cast<microseconds>(now - start_);
  if (waited >= deadline_) return false;
  if (waited < microseconds(1000))
    sched_yield();
  else
    std::this_thread::sleep_for(std::min(waited / 16, microseconds(1000)));
  return true;
}

}  // namespace tutti
