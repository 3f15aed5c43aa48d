// Named places where a test lets this process die as a power cut would: nothing is written out and
// nobody is told.
//
//   fault_point("checkpoint/renamed");
//
//   TUTTI_FAULT_AT=NAME:COUNT   SIGKILL the COUNT-th time that this process comes to NAME
//   TUTTI_FAULT_RANK=R          only in rank R of mpirun or srun, as PMIX_RANK says
//   TUTTI_FAULT_ONCE=FILE       only in the process that makes FILE: what is started again lives
//   TUTTI_FAULT_EXIT=CODE       by exit(CODE), as a library that gives up would, and by no signal
//
// Read once, when the library is loaded; unset, a point is a branch on a flag. Names are unique:
// tests/faults finds them in the sources and holds that each is reached.
#pragma once

namespace tutti {

extern const bool fault_is_set;
void come_to_fault_point(const char* name);

inline void fault_point(const char* name) {
  if (fault_is_set) [[unlikely]]
    come_to_fault_point(name);
}

}  // namespace tutti
