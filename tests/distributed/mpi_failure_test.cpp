// How worlds of processes fail: one message, one exit code, within seconds.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "core/base/error.h"
#include "tests/distributed/hang_watchdog.h"

namespace tutti {
namespace {

// Seconds on a machine with other work; what is not noticed takes the deadline, a minute.
constexpr double soon = 45;

struct Ending {
  int code = -1;
  std::string output;
  double seconds = 0;
};

bool open_mpi_5() {
  static const bool found = std::system("mpirun --version 2>&1 | grep -q '(Open MPI) [5-9]'") == 0;
  return found;
}

// What MPI itself leaks at its end is not ours to judge, and would be output.
Ending run_world(int ranks, const std::string& arguments, const std::string& options = "") {
  const std::string command = fmt::format(
      "ASAN_OPTIONS=detect_leaks=0 mpirun --allow-run-as-root --oversubscribe {} -n {} "
      "{}/bin/failing_rank {} 2>&1",
      options, ranks, TUTTI_BINARY_DIR, arguments);
  const auto begin = std::chrono::steady_clock::now();
  Ending ending;
  FILE* pipe = popen(command.c_str(), "r");
  std::array<char, 4096> buffer;
  while (const size_t got = fread(buffer.data(), 1, buffer.size(), pipe))
    ending.output.append(buffer.data(), got);
  // From version 5 mpirun adds a notice of its own between two lines of dashes.
  if (open_mpi_5())
    ending.output.resize(std::min(ending.output.size(), ending.output.find("-----")));
  const int status = pclose(pipe);
  ending.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  ending.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return ending;
}

void expect_one_message(const Ending& ending) {
  EXPECT_EQ(ending.output, "[rows.csv:3] not a number; mend the cell\n");
  EXPECT_EQ(ending.code, static_cast<int>(ExitCode::data));
  EXPECT_LT(ending.seconds, soon);
}

TEST(MpiFailure, OfOneRankWhilePeersWaitForMessages) {
  expect_one_message(run_world(3, "throws 1"));
  expect_one_message(run_world(3, "throws 0"));
}

TEST(MpiFailure, OfOneRankWhilePeersWaitInSharedMemory) {
  expect_one_message(run_world(3, "shared 2"));
}

TEST(MpiFailure, OfOneRankWhilePeersCompute) { expect_one_message(run_world(3, "busy 1")); }

TEST(MpiFailure, OfAllRanksAtOnceIsOneMessage) {
  for (int turn = 0; turn < 3; ++turn) expect_one_message(run_world(4, "throws -1"));
}

TEST(MpiFailure, ARankThatDoesNotComeIsNamed) {
  const Ending ending = run_world(3, "late 1");
  EXPECT_THAT(ending.output,
              testing::MatchesRegex("\\[mpi\\] rank [02] waited 300 ms for rank 1;.*\n"));
  EXPECT_EQ(ending.code, static_cast<int>(ExitCode::communication));
  EXPECT_LT(ending.seconds, soon);
}

// Rank 0 would say who is to speak.
TEST(MpiFailure, RankZeroThatDoesNotComeIsNamedOnce) {
  const Ending ending = run_world(4, "late 0");
  EXPECT_THAT(ending.output,
              testing::MatchesRegex("\\[mpi\\] rank . waited 300 ms for rank 0;[^\n]*\n"));
  EXPECT_EQ(ending.code, static_cast<int>(ExitCode::communication));
  EXPECT_LT(ending.seconds, soon);
}

TEST(MpiFailure, ARankThatEndsEarlyIsNamedAtOnce) {
  for (const char* how : {"leaves 0", "leaves 2", "leaves_shared 1", "leaves_first 2"}) {
    const Ending ending = run_world(3, how);
    EXPECT_THAT(ending.output,
                testing::MatchesRegex("\\[mpi\\] rank . ended (and left|without its part in) "
                                      "[^\n]*; make all ranks take part\n"))
        << how;
    EXPECT_EQ(ending.code, static_cast<int>(ExitCode::communication));
    EXPECT_LT(ending.seconds, soon);
  }
}

TEST(MpiFailure, OfAKilledRankIsOutlived) {
  if (!open_mpi_5()) GTEST_SKIP() << "Open MPI 5 or newer is needed; this mpirun is older";
  for (const char* how : {"killed 0", "killed 2", "killed_shared 1"}) {
    const Ending ending = run_world(4, how, "--with-ft ulfm");
    EXPECT_EQ(ending.output, "3 of 4 ranks go on\n") << how;
    EXPECT_EQ(ending.code, 0);
    EXPECT_LT(ending.seconds, soon);
  }
}

TEST(MpiFailure, ARankThatDoesNotShrinkIsNotWaitedForLong) {
  if (!open_mpi_5()) GTEST_SKIP() << "Open MPI 5 or newer is needed; this mpirun is older";
  const Ending ending = run_world(2, "late_to_shrink 1", "--with-ft ulfm");
  EXPECT_THAT(ending.output, testing::StartsWith("[mpi] rank 0 waited 300 ms for the ranks that "
                                                 "are left to shrink too; look for what stopped "
                                                 "there, or end it\n"));
  EXPECT_LT(ending.seconds, soon);
}

TEST(MpiFailure, OfOneRankInAFaultTolerantWorldEndsIt) {
  if (!open_mpi_5()) GTEST_SKIP() << "Open MPI 5 or newer is needed; this mpirun is older";
  for (const char* how : {"throws 0", "throws 1", "shared 2", "throws -1"})
    expect_one_message(run_world(4, how, "--with-ft ulfm"));
}

TEST(MpiFailure, OfAWorldThatSucceedsThereIsNone) {
  const Ending ending = run_world(3, "none 9");
  EXPECT_EQ(ending.output, "");
  EXPECT_EQ(ending.code, 0);
}

}  // namespace
}  // namespace tutti
