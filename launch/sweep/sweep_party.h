// Which processes sweep together. The same command line, begun several times in one directory that
// all of them see (ranks of mpirun or srun, tasks of a Slurm array, or --join on any host): whoever
// gets the study's lock coordinates, the others train trials for it, and one of them takes its
// place when it is gone. Within an allocation one process starts a worker on each of its nodes.
#pragma once

#include <optional>
#include <string>

#include "distributed/mpi/environment.h"
#include "launch/sweep/sweep_folder.h"
#include "launch/sweep/worker_pool.h"

namespace tutti {

struct SweepParty {
  bool joined = false;  // others begin the same sweep
  int slots = 1;        // of each process
  WorkerPoolOptions pool = {};
  bool watched = false;  // whether people see what this process prints as it does
  bool alone() const { return !joined && pool.starts.empty(); }
};

struct PartyOptions {
  bool join = false;              // it is begun in several processes, of whatever start
  int study_slots = 1;            // of the study
  std::optional<int> slots = {};  // in their place, of each process or host
  std::optional<std::string> interface = {};
};

// Throws Error (usage) for an interface that is not there, (world) for variables of Slurm that
// cannot be read.
SweepParty sweep_party(const EnvironmentMap& environment, const SweepFolder& folder,
                       const PartyOptions& options);

// What mpirun and srun say to their ranks is not for the trials of one. For good.
void leave_launcher();

}  // namespace tutti
