#include "launch/stop_signal.h"

#include <atomic>
#include <csignal>

namespace tutti {
namespace {

constexpr int kSignals[] = {SIGTERM, SIGINT, SIGUSR1};

std::atomic<bool> asked{false}, told{false};  // by a signal of this object's life, or by the judge
static_assert(std::atomic<bool>::is_always_lock_free);

void note(int) { asked = true; }

// SA_RESETHAND: the second signal finds the default action.
void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = handler == SIG_DFL ? SA_RESTART : SA_RESTART | static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

}  // namespace

StopSignal::StopSignal() {
  asked = false;
  for (const int signal : kSignals) handle(signal, note);
}

StopSignal::~StopSignal() {
  for (const int signal : kSignals) handle(signal, SIG_DFL);
}

bool StopSignal::received() { return asked || told; }

void StopSignal::ask() { told = true; }

}  // namespace tutti
