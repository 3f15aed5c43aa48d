// A rank of a world that fails in the way its arguments say: MODE RANK, where RANK -1 means all.
//   throws   fails while its peers wait for messages       shared   while they wait in shared
//   memory busy     while they compute                            late     never comes; its peers
//   notice
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include "distributed/mpi/mpi_communicator.h"
#include "distributed/shared_memory/region.h"

namespace tutti {
namespace {

void run_rank(Communicator& c, const std::string& mode, int failing) {
  const auto region = c.share(64);
  c.barrier();
  if (failing == -1 || c.rank() == failing) {
    if (mode != "late") fail(ExitCode::data, "rows.csv:3", "not a number; mend the cell");
    std::this_thread::sleep_for(std::chrono::seconds(30));
  }
  if (mode == "late") c.set_deadline(std::chrono::milliseconds(300));
  if (mode == "busy") std::this_thread::sleep_for(std::chrono::seconds(30));
  if (mode == "shared") region->barrier();
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
