#include "launch/slurm/srun_starter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <set>

#include "core/base/error.h"

namespace tutti::slurm {
namespace {

constexpr std::chrono::milliseconds kList{20'000};  // for srun to list its plugins
constexpr std::chrono::milliseconds kTidy{4000};    // for srun to end its step

// What --bind says, in srun's words; without it Slurm binds as its administrator wants.
const std::map<std::string, std::string> kBindings = {
    {"core", "cores"}, {"socket", "sockets"}, {"numa", "ldoms"}};

}  // namespace

SrunStarter::SrunStarter(launch::Placement placement, int cpus_per_task)
    : placement_(std::move(placement)), cpus_per_task_(cpus_per_task) {}

std::unique_ptr<SrunStarter> SrunStarter::find(launch::Placement placement, int cpus_per_task) {
  try {
    const supervise::Ran ran = supervise::run_child({.command = {"srun", "--mpi=list"}}, kList);
    for (const auto* lines : {&ran.output, &ran.error})
      for (const std::string& line : *lines)
        if (line.find("pmix") != line.npos)
          return std::make_unique<SrunStarter>(std::move(placement), cpus_per_task);
  } catch (const Error&) {
    return nullptr;  // there is no srun
  }
  return nullptr;
}

supervise::ChildOptions SrunStarter::command(const launch::SeatHosts& seats,
                                             const std::vector<std::string>& program) const {
  const std::set<std::string> hosts(seats.begin(), seats.end());
  // A step may not wait for what the one before it, or a probe, still holds: they overlap. The
  // list of nodes names one per task, in the order of ranks.
  std::vector<std::string> line = {"srun",
                                   "--mpi=pmix",
                                   "--overlap",
                                   "--kill-on-bad-exit=1",
                                   "--input=none",
                                   fmt::format("--ntasks={}", seats.size()),
                                   fmt::format("--nodes={}", hosts.size()),
                                   "--distribution=arbitrary",
                                   fmt::format("--nodelist={}", fmt::join(seats, ","))};
  if (const auto found = kBindings.find(placement_.bind); found != kBindings.end())
    line.push_back("--cpu-bind=" + found->second);
  if (cpus_per_task_ > 0) line.push_back(fmt::format("--cpus-per-task={}", cpus_per_task_));
  line.insert(line.end(), placement_.more.begin(), placement_.more.end());
  line.insert(line.end(), program.begin(), program.end());
  auto environment = placement_.environment;
  if (!placement_.interface.empty())
    environment.emplace_back("OMPI_MCA_btl_tcp_if_include", placement_.interface);
  return {.command = std::move(line), .environment = std::move(environment), .grace = kTidy};
}

}  // namespace tutti::slurm
