#include "launch/sweep/sweep_party.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/network.h"
#include "launch/control/interface.h"
#include "launch/slurm/allocation.h"

namespace tutti {
namespace {

constexpr std::chrono::seconds kTidy{40};  // for trials to save their state

// Whether a variable of the launcher's says that all of its ranks are on this host.
bool on_one_host(const EnvironmentMap& environment) {
  const auto text = [&](std::string_view name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  if (environment.contains("OMPI_COMM_WORLD_SIZE"))
    return text("OMPI_COMM_WORLD_LOCAL_SIZE") == text("OMPI_COMM_WORLD_SIZE");
  return text("SLURM_STEP_NUM_NODES") == "1";
}

supervise::ChildOptions worker_command(const SweepFolder& folder, int slots,
                                       std::vector<std::string> before = {}) {
  before.insert(before.end(), {supervise::this_program(), "sweep", "work", folder.path().string(),
                               "--slots", std::to_string(slots)});
  return {.command = std::move(before), .grace = kTidy};
}

// A step on each node: one that is lost takes no other with it.
std::vector<WorkerPoolOptions::Start> steps(const EnvironmentMap& environment,
                                            const SweepFolder& folder, std::optional<int> slots) {
  std::vector<WorkerPoolOptions::Start> starts;
  for (const auto& host : slurm::allocation_hosts(environment)) {
    const int tasks = std::max(1, host.slots);
    std::vector<std::string> step = {"srun",       "--overlap",    "--nodes=1",
                                     "--ntasks=1", "--input=none", "--nodelist=" + host.name};
    if (const int processors = slurm::cpus_per_task(environment); processors > 0 || tasks > 1)
      step.push_back(fmt::format("--cpus-per-task={}", tasks * std::max(1, processors)));
    starts.push_back({host.name, worker_command(folder, slots.value_or(tasks), std::move(step))});
  }
  return starts;
}

}  // namespace

SweepParty sweep_party(const EnvironmentMap& environment, const SweepFolder& folder,
                       const PartyOptions& options) {
  const LaunchEnvironment launcher = detect_launcher(environment);
  const bool ranks = launcher.ranks > 1;
  const bool array = !ranks && environment.contains("SLURM_ARRAY_TASK_ID");
  SweepParty party;
  party.joined = ranks || array || options.join;
  party.slots = options.slots.value_or(ranks ? 1 : options.study_slots);
  if (launcher.launcher == Launcher::none && slurm::in_allocation(environment)) {
    const auto hosts = slurm::allocation_hosts(environment);
    if (hosts.size() > 1 && party.joined)
      fail(ExitCode::usage, "tutti sweep",
           "each job of this array has {} nodes; give each one node (--nodes 1), or all nodes to "
           "one job",
           hosts.size());
    if (hosts.size() > 1)
      party.pool.starts = steps(environment, folder, options.slots);
    else
      party.slots = options.slots.value_or(std::max(options.study_slots, hosts.front().slots));
  }
  if (party.joined && party.pool.starts.empty())
    party.pool.starts.push_back(
        {Network::current().host_name(), worker_command(folder, party.slots)});
  if (party.alone()) return party;
  const bool outside =
      options.join || array || (ranks && !on_one_host(environment)) || party.pool.starts.size() > 1;
  if (options.interface || !outside) {
    party.pool.listen = control::interface_address(options.interface.value_or(""));
    party.pool.addresses = {party.pool.listen};
  } else if (auto addresses = control::outer_addresses(); !addresses.empty()) {
    party.pool.listen = "0.0.0.0";
    party.pool.addresses = std::move(addresses);
  }
  return party;
}

void leave_launcher() {
  for (const auto& [name, value] : process_environment())
    for (const char* prefix : {"OMPI_", "PMIX_", "PMI_", "PRTE_", "SLURM_"})
      if (name.starts_with(prefix)) ::unsetenv(name.c_str());
}

}  // namespace tutti
