// Worlds of Open MPI's mpirun, 4.1 and 5.
#pragma once

#include <memory>

#include "launch/launcher/world_starter.h"

namespace tutti::launch {

// What `mpirun --version` says of itself.
struct MpirunVersion {
  int major = 0, minor = 0;
};
// Throws Error (missing) where it is not Open MPI's, or older than 4.
MpirunVersion parse_mpirun_version(const std::string& text);

class MpirunStarter final : public WorldStarter {
 public:
  MpirunStarter(std::string mpirun, MpirunVersion version, Placement placement);
  // That of OPAL_PREFIX, else of PATH. Throws Error (missing) where none can be run.
  static std::unique_ptr<MpirunStarter> find(Placement placement);

  std::string name() const override { return "mpirun"; }
  bool in_place() const override { return version_.major >= 5; }
  supervise::ChildOptions command(const SeatHosts& seats,
                                  const std::vector<std::string>& program) const override;
  void tidy_after(pid_t process) const override;
  std::vector<std::string> reasons(const std::vector<std::string>& said) const override;

 private:
  std::string mpirun_;
  MpirunVersion version_;
  Placement placement_;
};

}  // namespace tutti::launch
