// The MPI library of this process: started at most once, ended at exit. Internal to this folder.
//
// One thread at a time may call it. Only the C interface is used, so that one binary runs on Open
// MPI 4.1 and 5; errors come back as codes and become exceptions here.
#pragma once

#include <mpi.h>

#include <algorithm>
#include <string_view>
#include <vector>

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
  // Whether a rank said that it ends.
  bool has_left(int rank) const { return left_[static_cast<size_t>(rank)]; }
  bool any_left() const { return std::ranges::find(left_, true) != left_.end(); }
  // The ranks of the library that those of `world` are.
  std::vector<int> ranks_of(MPI_Comm world) const;
  // Ends all ranks. The arbiter decides who failed first: that rank prints, the others end in
  // silence.
  [[noreturn]] void abort(const Error& error);

 private:
  MpiLibrary();
  ~MpiLibrary();
  bool failed_first();
  int arbiter() const;
  void tell_peers(int tag, int value);
  void leave();
  [[noreturn]] void end_silently(int code);

  MPI_Comm control_ = MPI_COMM_NULL;  // for the question who failed first
  const FaultTolerance* faults_ = nullptr;
  int rank_ = 0, size_ = 1;
  int first_failure_ = -1;  // on the arbiter
  std::vector<bool> left_;  // the ranks that said they end
};

}  // namespace tutti
