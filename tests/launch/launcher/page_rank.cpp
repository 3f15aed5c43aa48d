// A rank without MPI and without a job, for tests of what watches ranks: counts steps, says that it
// commits after every tenth, and dies where it is told to.
//   page_rank STEPS [kill|segv|CODE RANK STEP [always]]
//   page_rank STEPS slow RANK       that one reads its data while the others wait for it
//   page_rank STEPS maps FILE...    has them in its memory
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "core/base/activity.h"
#include "launch/rank/supervised_rank.h"
#include "launch/stop_signal.h"

namespace {

constexpr std::chrono::milliseconds kStep{10};

void take_step(int number, int slow) {
  if (slow < 0) return std::this_thread::sleep_for(kStep);
  if (number == slow) {
    const tutti::Activity reading(tutti::ActivityKind::data, "rows");
    return std::this_thread::sleep_for(kStep);
  }
  {
    const tutti::Activity reading(tutti::ActivityKind::data, "rows");
    std::this_thread::sleep_for(kStep / 4);
  }
  tutti::Waiting waiting("all_gather");
  waiting.on(slow);
  std::this_thread::sleep_for(kStep - kStep / 4);
}

void map_files(char** first, char** last) {
  for (; first < last; ++first) {
    const int file = ::open(*first, O_RDONLY);
    if (::mmap(nullptr, 1, PROT_READ, MAP_SHARED, file, 0) == MAP_FAILED) std::perror(*first);
    ::close(file);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const tutti::RecordedThread recorded;
  if (argc > 2 && std::string(argv[2]) == "maps") map_files(argv + 3, argv + argc);
  const auto rank = tutti::SupervisedRank::join();
  const int number = std::atoi(std::getenv("OMPI_COMM_WORLD_RANK"));
  rank->enter(number);
  rank->set_ready();
  const tutti::StopSignal stop;
  const std::string how = argc > 4 && std::string(argv[2]) != "maps" ? argv[2] : "";
  const bool dies =
      !how.empty() && std::atoi(argv[3]) == number && (argc > 5 || rank->world()->generation == 1);
  const int slow = argc > 3 && std::string(argv[2]) == "slow" ? std::atoi(argv[3]) : -1;
  std::printf("rank %d in world %d\n", number, static_cast<int>(rank->world()->generation));
  std::fflush(stdout);
  tutti::membership::CommitProgress commit;
  for (int step = 1; step <= std::atoi(argv[1]); ++step) {
    take_step(number, slow);
    tutti::note_step(step);
    if (tutti::StopSignal::received()) return 10;
    if (step % 10 == 0 && rank->decision().number == commit.number) {
      commit = {.number = commit.number + 1, .step = step, .written = true, .copied = true};
      rank->set_commit(commit);
    }
    if (!dies || step != std::atoi(argv[4])) continue;
    std::fprintf(stderr, "rank %d dies\n", number);
    if (how == "kill") ::kill(::getpid(), SIGKILL);
    if (how == "segv") ::signal(SIGSEGV, SIG_DFL), ::kill(::getpid(), SIGSEGV);  // no sanitizer's
    ::_exit(std::atoi(how.c_str()));
  }
  if (number == 0)
    std::printf("parameters of world %d\n", static_cast<int>(rank->world()->generation));
  std::fflush(stdout);
  rank->finish(42);
  return 0;
}
