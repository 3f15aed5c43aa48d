#include "launch/supervise/guard.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>

namespace tutti::supervise {
namespace {

// The child of this process that watches; -1 where none does after 10 s.
pid_t guard_process() {
  for (int i = 0; i < 1000; ++i) {
    std::ifstream children("/proc/thread-self/children");
    for (pid_t child = 0; children >> child;) {
      std::string name;
      std::getline(std::ifstream("/proc/" + std::to_string(child) + "/comm"), name);
      if (name == "tutti guard") return child;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return -1;
}

TEST(Guard, WhoOutlivesItGoesOn) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setpgid(0, 0);
    for (;;) ::pause();
  }
  ::setpgid(child, child);
  Guard guard(child);
  const pid_t watching = guard_process();
  ASSERT_GT(watching, 0);
  ::kill(watching, SIGKILL);
  siginfo_t dead{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(watching), &dead, WEXITED | WNOWAIT), 0);
  guard.release();
  ::kill(child, SIGKILL);
  EXPECT_EQ(::waitpid(child, nullptr, 0), child);
}

}  // namespace
}  // namespace tutti::supervise
