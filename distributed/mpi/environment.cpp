#include "distributed/mpi/environment.h"

#include <unistd.h>

#include <charconv>
#include <initializer_list>

#include "distributed/communicator.h"

namespace tutti {
namespace {

// The first of `names` that is set, as a number; `otherwise` if none is.
int environment_number(const EnvironmentMap& environment,
                       std::initializer_list<std::string_view> names, int otherwise) {
  for (const std::string_view name : names) {
    const auto found = environment.find(name);
    if (found == environment.end()) continue;
    const std::string& text = found->second;
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0)
      fail(ExitCode::world, "launcher",
           "{}='{}' is not a number; unset it or start with mpirun or srun", name, text);
    return value;
  }
  return otherwise;
}

}  // namespace

std::string_view name_of(Launcher launcher) {
  switch (launcher) {
    case Launcher::none:
      return "none";
    case Launcher::mpirun:
      return "mpirun";
    case Launcher::srun:
      return "srun";
  }
  return "none";
}

LaunchEnvironment detect_launcher(const EnvironmentMap& environment) {
  const auto has = [&](std::string_view name) { return environment.contains(name); };
  const bool wired = has("PMIX_RANK") || has("PMI_RANK") || has("PMI_FD");
  const auto number = [&](std::initializer_list<std::string_view> names, int otherwise) {
    return environment_number(environment, names, otherwise);
  };
  if (has("OMPI_COMM_WORLD_SIZE"))  // Open MPI's mpirun
    return {Launcher::mpirun, number({"OMPI_COMM_WORLD_SIZE"}, 0), true,
            number({"OMPI_COMM_WORLD_RANK"}, 0)};
  if (has("SLURM_PROCID") && has("SLURM_STEP_ID"))
    return {Launcher::srun, number({"SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"}, 1), wired,
            number({"SLURM_PROCID"}, 0)};
  if (wired)  // mpiexec of MPICH and its kin, or prun
    return {Launcher::mpirun, number({"PMI_SIZE"}, 0), true, number({"PMI_RANK", "PMIX_RANK"}, 0)};
  return {};
}

void check_ranks_meet(const LaunchEnvironment& launch, int meeting) {
  if (launch.ranks <= meeting) return;
  if (launch.rank > 0)
    throw PeerFailure("[launcher] the ranks do not meet; see the first one's message",
                      ExitCode::world);
  if (launch.launcher == Launcher::srun)
    fail(ExitCode::world, "srun",
         "Slurm started {} ranks, but each sees a world of {}; start them with srun --mpi=pmix",
         launch.ranks, meeting);
  fail(ExitCode::world, "mpirun",
       "the launcher started {} ranks, but each sees a world of {}; use the mpirun of the MPI "
       "library "
       "that tutti is linked with, or srun --mpi=pmix",
       launch.ranks, meeting);
}

EnvironmentMap process_environment() {
  EnvironmentMap environment;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals != text.npos) environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

}  // namespace tutti
