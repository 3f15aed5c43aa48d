#include "core/base/host_number.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tutti {
namespace {

// What a child process finds, after what `enter` did.
template <typename Enter>
uint64_t number_in_child(Enter enter) {
  int ends[2];
  if (::pipe(ends) != 0) return 0;
  const pid_t child = ::fork();
  if (child == 0) {
    const uint64_t number = enter() ? host_number() : 0;
    ::_exit(::write(ends[1], &number, sizeof number) == sizeof number ? 0 : 1);
  }
  ::close(ends[1]);
  uint64_t number = 0;
  const bool told = ::read(ends[0], &number, sizeof number) == sizeof number;
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return told ? number : 0;
}

TEST(HostNumber, IsOneForAllProcessesOfAHost) {
  EXPECT_NE(host_number(), 0u);
  EXPECT_EQ(number_in_child([] { return true; }), host_number());
}

TEST(HostNumber, IsAnotherInAnotherNetwork) {
  const uint64_t there = number_in_child([] { return ::unshare(CLONE_NEWNET) == 0; });
  if (there == 0) GTEST_SKIP() << "may not make a network namespace";
  EXPECT_NE(there, host_number());
}

}  // namespace
}  // namespace tutti
