#include "launch/slurm/allocation.h"

#include "core/base/error.h"
#include "launch/slurm/node_list.h"

namespace tutti::slurm {
namespace {

constexpr const char* kNodes = "SLURM_JOB_NODELIST";
constexpr const char* kTasks = "SLURM_TASKS_PER_NODE";
constexpr const char* kProcessors = "SLURM_CPUS_PER_TASK";

}  // namespace

bool in_allocation(const EnvironmentMap& environment) {
  return environment.contains("SLURM_JOB_ID") && environment.contains(kNodes);
}

std::vector<membership::HostSpec> allocation_hosts(const EnvironmentMap& environment) {
  const auto nodes = environment.find(kNodes);
  if (nodes == environment.end())
    fail(ExitCode::world, "Slurm", "{} is not set; start in a script of sbatch, or give --hosts",
         kNodes);
  std::vector<membership::HostSpec> hosts;
  for (std::string& name : expand_node_list(nodes->second, kNodes))
    hosts.push_back({std::move(name), 0});
  const auto tasks = environment.find(kTasks);
  if (tasks == environment.end()) return hosts;
  const std::vector<int> counts = expand_counts(tasks->second, kTasks);
  if (counts.size() != hosts.size())
    fail(ExitCode::world, "Slurm", "{}='{}' is of {} nodes, {}='{}' of {}; give --hosts", kTasks,
         tasks->second, counts.size(), kNodes, nodes->second, hosts.size());
  for (size_t i = 0; i < hosts.size(); ++i) hosts[i].slots = counts[i];
  return hosts;
}

int cpus_per_task(const EnvironmentMap& environment) {
  const auto found = environment.find(kProcessors);
  return found == environment.end() ? 0 : expand_counts(found->second, kProcessors).front();
}

}  // namespace tutti::slurm
