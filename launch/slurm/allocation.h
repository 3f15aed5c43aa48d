// The hosts that Slurm has given to the script that runs.
#pragma once

#include <vector>

#include "distributed/membership/host_pool.h"
#include "distributed/mpi/environment.h"

namespace tutti::slurm {

// Whether this process is the script of an allocation, or below it.
bool in_allocation(const EnvironmentMap& environment);

// Its nodes, each with the tasks that Slurm means to have there; 0 where it does not say. Throws
// Error (world) naming the variable that cannot be read, or that is missing.
std::vector<membership::HostSpec> allocation_hosts(const EnvironmentMap& environment);

// Processors of each task, as --cpus-per-task gave them; 0 without it.
int cpus_per_task(const EnvironmentMap& environment);

}  // namespace tutti::slurm
