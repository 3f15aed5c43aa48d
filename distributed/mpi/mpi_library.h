// The MPI library of this process: started at most once, ended at exit. Internal to this folder.
//
// One thread at a time may call it. Only the C interface is used, so that one binary runs on Open
// MPI 4.1 and 5; errors come back as codes and become exceptions here.
#pragma once

#include <mpi.h>

#include <string_view>

#include "core/base/error.h"
#include "distributed/mpi/environment.h"
#include "distributed/mpi/fault_tolerance.h"

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

  const FaultTolerance* faults() const { return faults_; }  // null: a lost rank ends the world

  // Lets messages progress. On the arbiter: answers the ranks that ask whether they failed first.
  // Ends the process when a peer that failed says so.
  void poll();
  // Ends all ranks. The arbiter decides who failed first: that rank prints, the others end in
  // silence.
  [[noreturn]] void abort(const Error& error);

 private:
  MpiLibrary();
  ~MpiLibrary();
  bool failed_first();
  int arbiter() const;
  void tell_peers_to_end(int code);
  [[noreturn]] void end_silently(int code);

  MPI_Comm control_ = MPI_COMM_NULL;  // for the question who failed first
  const FaultTolerance* faults_ = nullptr;
  int rank_ = 0, size_ = 1;
  int first_failure_ = -1;  // on the arbiter
};

}  // namespace tutti
