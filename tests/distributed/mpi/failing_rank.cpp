// A rank of a world that fails in the way its arguments say: MODE RANK, where RANK -1 means all.
//   throws   fails while its peers wait for messages
//   shared   while they wait in shared memory
//   busy     while they compute
//   late     never comes; its peers notice
//   leaves   ends as if all were well      leaves_shared   while they wait in shared memory
//   leaves_first   before they share memory
//   killed   is killed; its peers go on without it if they can
//   killed_shared   while they wait in shared memory
//   late_to_shrink  does not shrink with the ranks that are left
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "distributed/mpi/mpi_communicator.h"
#include "distributed/shared_memory/region.h"

namespace tutti {
namespace {

// Ends without MPI_Finalize, which does not always return once a rank is lost.
void outlive(Communicator& c, SharedRegion* region, int failing) {
  if (c.rank() == failing) std::raise(SIGKILL);
  try {
    for (;;) region ? region->barrier() : c.barrier();
  } catch (const CommunicationError&) {
    const bool agreed = c.agree(true);
    const auto left = c.shrink();
    left->barrier();
    if (left->rank() == 0)
      std::printf("%d of %d ranks go on%s\n", left->size(), c.size(), agreed ? "" : " at odds");
    left->barrier();
    std::_Exit(0);
  }
}

// What is left of the world waits for this rank as for any other: until the deadline.
void shrink_alone(Communicator& c, int failing) {
  if (c.rank() == failing) std::this_thread::sleep_for(std::chrono::seconds(60));
  c.revoke();
  c.set_deadline(std::chrono::milliseconds(300));
  try {
    c.shrink();
  } catch (const CommunicationError& error) {
    std::printf("%s\n", error.what());
    std::fflush(stdout);
    std::_Exit(static_cast<int>(error.code()));
  }
}

void run_rank(Communicator& c, const std::string& mode, int failing) {
  if (mode == "leaves_first" && c.rank() == failing) return;
  if (mode == "late_to_shrink") return shrink_alone(c, failing);
  const auto region = mode == "killed" ? nullptr : c.share(64);
  c.barrier();
  if (mode.starts_with("killed")) return outlive(c, region.get(), failing);
  if (failing == -1 || c.rank() == failing) {
    if (mode.starts_with("leaves")) return;
    if (mode != "late") fail(ExitCode::data, "rows.csv:3", "not a number; mend the cell");
    std::this_thread::sleep_for(std::chrono::seconds(60));
  }
  if (mode == "late") c.set_deadline(std::chrono::milliseconds(300));
  if (mode == "busy") std::this_thread::sleep_for(std::chrono::seconds(60));
  if (mode == "shared" || mode == "leaves_shared") region->barrier();
  c.barrier();
}

}  // namespace
}  // namespace tutti

int main(int, char** argv) {
  std::unique_ptr<tutti::Communicator> communicator;
  try {
    communicator = tutti::join_world();
    tutti::run_rank(*communicator, argv[1], std::atoi(argv[2]));
  } catch (const tutti::Error& error) {
    if (!communicator) return static_cast<int>(error.code());
    communicator->abort(error);
  }
  return 0;
}
