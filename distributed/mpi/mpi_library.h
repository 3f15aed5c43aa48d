// The MPI library of this process: started at most once, ended at exit. Internal to this folder.
//
// One thread at a time may call it. Only the C interface is used, so that one binary runs on Open
// MPI 4.1 and 5; errors come back as codes and become exceptions here.
#pragma once

#include <mpi.h>

#include <string_view>

#include "core/base/error.h"
#include "distributed/mpi/environment.h"

namespace tutti {

// Throws a CommunicationError that says what was being done.
void check_mpi(int result, std::string_view what);

class MpiLibrary {
 public:
  // Starts MPI at the first call. Throws Error (world) if fewer ranks meet than were launched.
  static MpiLibrary& start(const LaunchEnvironment& launch);
  MpiLibrary(const MpiLibrary&) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }

  // Lets messages progress. On rank 0: answers the ranks that ask whether they failed first.
  void poll();
  // Ends all ranks. Rank 0 decides who failed first: that rank prints, the others end in silence.
  [[noreturn]] void abort(const Error& error);

 private:
  MpiLibrary();
  ~MpiLibrary();
  bool failed_first();
  [[noreturn]] void end_silently(int code);

  MPI_Comm control_ = MPI_COMM_NULL;  // for the question who failed first
  int rank_ = 0, size_ = 1;
  int first_failure_ = -1;  // on rank 0
};

}  // namespace tutti
