#include "launch/stop_signal.h"

#include <atomic>
#include <csignal>
#include <cstdint>
#include <ctime>

namespace tutti {
namespace {

constexpr int kSignals[] = {SIGTERM, SIGINT, SIGUSR1};

std::atomic<bool> asked{false}, told{false};  // by a signal of this object's life, or by the judge
std::atomic<int64_t> asked_at{0};             // the first such signal, 0 without
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int64_t>::is_always_lock_free);

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

// Only what a handler may call. A signal that is raised here waits for the end of its handler.
void note(int signal) {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  const int64_t now = time.tv_sec * int64_t{1'000'000'000} + time.tv_nsec;
  int64_t first = 0;
  if (asked_at.compare_exchange_strong(first, now)) {
    asked = true;
  } else if (now - first > std::chrono::nanoseconds(kOneRequest).count()) {
    handle(signal, SIG_DFL);
    raise(signal);
  }
}

}  // namespace

StopSignal::StopSignal() {
  asked = false, asked_at = 0;
  for (const int signal : kSignals) handle(signal, note);
}

StopSignal::~StopSignal() {
  for (const int signal : kSignals) handle(signal, SIG_DFL);
}

bool StopSignal::received() { return asked || told; }

void StopSignal::ask() { told = true; }

}  // namespace tutti
