// How worlds of processes fail: one message, one exit code, within seconds.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

#include "core/base/error.h"
#include "tests/distributed/hang_watchdog.h"

namespace tutti {
namespace {

struct Ending {
  int code = -1;
  std::string output;
  double seconds = 0;
};

// What MPI itself leaks at its end is not ours to judge, and would be output.
Ending run_world(int ranks, const std::string& arguments) {
  const std::string command = fmt::format(
      "ASAN_OPTIONS=detect_leaks=0 mpirun --allow-run-as-root --oversubscribe -n {} "
      "{}/bin/failing_rank {} 2>&1",
      ranks, TUTTI_BINARY_DIR, arguments);
  const auto begin = std::chrono::steady_clock::now();
  Ending ending;
  FILE* pipe = popen(command.c_str(), "r");
  std::array<char, 4096> buffer;
  while (const size_t got = fread(buffer.data(), 1, buffer.size(), pipe))
    ending.output.append(buffer.data(), got);
  const int status = pclose(pipe);
  ending.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  ending.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return ending;
}

void expect_one_message(const Ending& ending) {
  EXPECT_EQ(ending.output, "[rows.csv:3] not a number; mend the cell\n");
  EXPECT_EQ(ending.code, static_cast<int>(ExitCode::data));
  EXPECT_LT(ending.seconds, 15);
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
  EXPECT_LT(ending.seconds, 15);
}

TEST(MpiFailure, OfAWorldThatSucceedsThereIsNone) {
  const Ending ending = run_world(3, "none 9");
  EXPECT_EQ(ending.output, "");
  EXPECT_EQ(ending.code, 0);
}

}  // namespace
}  // namespace tutti
