// Worlds of srun, inside an allocation of Slurm that has a PMIx plugin.
#pragma once

#include <memory>

#include "launch/launcher/world_starter.h"

namespace tutti::slurm {

class SrunStarter final : public launch::WorldStarter {
 public:
  // `cpus_per_task` 0: as Slurm gives them.
  SrunStarter(launch::Placement placement, int cpus_per_task);
  // Null where no srun can be run, or it has no PMIx plugin; `srun --mpi=list` says so.
  static std::unique_ptr<SrunStarter> find(launch::Placement placement, int cpus_per_task);

  std::string name() const override { return "srun"; }
  bool in_place() const override { return false; }  // Slurm ends a step of which a task is lost
  supervise::ChildOptions command(const launch::SeatHosts& seats,
                                  const std::vector<std::string>& program) const override;

 private:
  launch::Placement placement_;
  int cpus_per_task_;
};

}  // namespace tutti::slurm
