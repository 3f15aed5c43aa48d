#include "distributed/mpi/fault_tolerance.h"

#include <dlfcn.h>

#include <cstdlib>
#include <numeric>
#include <string_view>

namespace tutti {
namespace {

template <typename Call>
bool find_call(Call*& call, const char* name) {
  call = reinterpret_cast<Call*>(dlsym(RTLD_DEFAULT, name));
  return call != nullptr;
}

}  // namespace

const FaultTolerance* FaultTolerance::find() {
  static FaultTolerance calls;
  // The library answers these calls without it too, but does not look for lost ranks.
  const char* enabled = std::getenv("OMPI_MCA_mpi_ft_enable");
  static const bool found =
      enabled && std::string_view(enabled) == "1" && find_call(calls.revoke, "MPIX_Comm_revoke") &&
      find_call(calls.is_revoked, "MPIX_Comm_is_revoked") &&
      find_call(calls.shrink, "MPIX_Comm_shrink") && find_call(calls.iagree, "MPIX_Comm_iagree") &&
      find_call(calls.failure_ack, "MPIX_Comm_failure_ack") &&
      find_call(calls.get_failed, "MPIX_Comm_get_failed");
  return found ? &calls : nullptr;
}

std::vector<int> FaultTolerance::lost_ranks(MPI_Comm world) const {
  MPI_Group lost = MPI_GROUP_NULL, all = MPI_GROUP_NULL;
  int count = 0;
  if (get_failed(world, &lost) != MPI_SUCCESS) return {};
  MPI_Group_size(lost, &count);
  std::vector<int> places(static_cast<size_t>(count)), ranks(places.size());
  std::iota(places.begin(), places.end(), 0);
  MPI_Comm_group(world, &all);
  MPI_Group_translate_ranks(lost, count, places.data(), all, ranks.data());
  MPI_Group_free(&all);
  MPI_Group_free(&lost);
  return ranks;
}

}  // namespace tutti
