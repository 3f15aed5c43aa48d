// What the environment says about how this process was started. Pure: tests pass any environment.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace tutti {

using EnvironmentMap = std::map<std::string, std::string, std::less<>>;

enum class Launcher { none, mpirun, srun };
std::string_view name_of(Launcher launcher);

struct LaunchEnvironment {
  Launcher launcher = Launcher::none;
  int ranks = 1;  // that the launcher started; 0 when it does not say
  // Whether the launcher offers the ranks a way to find each other (PMIx or PMI).
  bool wired = false;
  int rank = 0;  // 0 when it does not say
};

// mpirun wins over srun: mpirun within Slurm reaches other hosts through srun. The script of sbatch
// and the shell of salloc are no ranks, although Slurm's variables name many tasks there.
// Throws Error (world) when a launcher's variable is not a number.
LaunchEnvironment detect_launcher(const EnvironmentMap& environment);

// Throws Error (world) naming the remedy when the launcher started more ranks than can meet:
// `meeting` is how many do. They cannot agree on who speaks, so all but the first are to end
// quietly: there it is a PeerFailure.
void check_ranks_meet(const LaunchEnvironment& launch, int meeting);

EnvironmentMap process_environment();

}  // namespace tutti
