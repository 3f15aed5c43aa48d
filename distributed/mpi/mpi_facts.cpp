#include "distributed/mpi/mpi_facts.h"

#include <dlfcn.h>
#include <mpi.h>

#include "distributed/mpi/fault_tolerance.h"

namespace tutti {

MpiFacts mpi_facts() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING] = {};
  int length = 0;
  MPI_Get_library_version(text, &length);  // allowed before MPI_Init
  MpiFacts facts;
  facts.library = std::string(text, static_cast<size_t>(length));
  facts.library = facts.library.substr(0, facts.library.find_first_of(",\n"));
  facts.knows_fault_tolerance = dlsym(RTLD_DEFAULT, "MPIX_Comm_revoke") != nullptr;
  facts.fault_tolerance = FaultTolerance::find() != nullptr;
  facts.launch = detect_launcher(process_environment());
  return facts;
}

}  // namespace tutti
