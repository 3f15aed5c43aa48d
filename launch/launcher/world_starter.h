// How the ranks of a world are started: by mpirun, by srun.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "launch/supervise/child_process.h"

namespace tutti::launch {

// One rank per entry, a host's ranks side by side.
using SeatHosts = std::vector<std::string>;

// What people say about how ranks are started.
struct Placement {
  int threads = 0;             // of each rank, 0: its part of the processors that it may use
  std::string bind = "none";   // or core, socket, numa: what a rank may not leave
  std::string interface = "";  // the network, "10.0.0.0/24"; "": the starter's choice
  std::vector<std::string> more = {};  // options of the starter's own, as they are
  std::vector<std::pair<std::string, std::string>> environment = {};  // of the ranks
};

class WorldStarter {
 public:
  virtual ~WorldStarter() = default;
  virtual std::string name() const = 0;  // for messages: "mpirun"
  virtual bool in_place() const = 0;     // MPI survives a lost rank: the others shrink and go on
  // What starts `program` once for each seat. The process of seat r finds r as its rank in its
  // environment (detect_launcher). The starter lives as long as what it started, and its end ends
  // all.
  virtual supervise::ChildOptions command(const SeatHosts& seats,
                                          const std::vector<std::string>& program) const = 0;
  // Removes what such a process, which is dead, left on this host because it was killed.
  virtual void tidy_after(pid_t process) const { (void)process; }
  // Of the lines that it said itself those that tell why a world could not be started.
  virtual std::vector<std::string> reasons(const std::vector<std::string>& said) const {
    return said;
  }
};

}  // namespace tutti::launch
