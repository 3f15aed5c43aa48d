#include "distributed/mpi/mpi_library.h"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

namespace tutti {
namespace {

constexpr int claim_tag = 1, verdict_tag = 2, end_tag = 3;
constexpr auto verdict_patience = std::chrono::seconds(2);  // the arbiter may be busy computing
constexpr auto end_patience = std::chrono::seconds(5);      // for the abort of the first to arrive

template <typename Ready>
bool wait_at_most(std::chrono::milliseconds patience, Ready&& ready) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!ready()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return true;
}

}  // namespace

void check_mpi(int result, std::string_view what) {
  if (result == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING] = "unknown error";
  int length = 0;
  MPI_Error_string(result, text, &length);
  throw CommunicationError(
      fmt::format("[mpi] {}: {}; look for a rank that ended or a host that was lost", what, text));
}

MpiLibrary& MpiLibrary::start(const LaunchEnvironment& launch) {
  // Before MPI_Init, which would end each of the ranks with a page of advice.
  if (!launch.wired) check_ranks_meet(launch, 1);
  static MpiLibrary library;
  check_ranks_meet(launch, library.size());
  return library;
}

MpiLibrary::MpiLibrary() {
  int provided = 0;
  if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided) != MPI_SUCCESS)
    fail(ExitCode::communication, "mpi",
         "MPI_Init failed; check that mpirun and the library match");
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
  if (provided < MPI_THREAD_SERIALIZED)
    fail(ExitCode::missing, "mpi", "this MPI library has no MPI_THREAD_SERIALIZED; use another");
  check_mpi(MPI_Comm_rank(MPI_COMM_WORLD, &rank_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(MPI_COMM_WORLD, &size_), "MPI_Comm_size");
  check_mpi(MPI_Comm_dup(MPI_COMM_WORLD, &control_), "MPI_Comm_dup");
  faults_ = FaultTolerance::find();
}

MpiLibrary::~MpiLibrary() {
  int finalized = 0;
  if (MPI_Finalized(&finalized) == MPI_SUCCESS && !finalized) MPI_Finalize();
}

void MpiLibrary::poll() {
  int found = 0;
  MPI_Status status;
  const int result = MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, control_, &found, &status);
  // A lost rank could have been the source: only worlds that it was in have to mind.
  if (result != MPI_SUCCESS && faults_ && faults_->failure_ack(control_) == MPI_SUCCESS) return;
  check_mpi(result, "MPI_Iprobe");
  if (!found) return;
  const int claimant = status.MPI_SOURCE;
  int verdict = 0;
  check_mpi(MPI_Recv(&verdict, 1, MPI_INT, claimant, status.MPI_TAG, control_, MPI_STATUS_IGNORE),
            "MPI_Recv");
  if (status.MPI_TAG == end_tag) _exit(verdict);
  if (first_failure_ < 0) first_failure_ = claimant;
  verdict = first_failure_ == claimant;
  check_mpi(MPI_Send(&verdict, 1, MPI_INT, claimant, verdict_tag, control_), "MPI_Send");
}

// The first rank that is left.
int MpiLibrary::arbiter() const {
  int first = 0;
  if (!faults_) return first;
  const std::vector<int> lost = faults_->lost_ranks(control_);
  while (std::ranges::find(lost, first) != lost.end()) ++first;
  return first;
}

bool MpiLibrary::failed_first() {
  const int judge = arbiter();
  if (rank_ == judge) {
    if (first_failure_ < 0) first_failure_ = rank_;
    return first_failure_ == rank_;
  }
  const int claim = 1;
  int verdict = 1;
  MPI_Request requests[2];
  if (MPI_Irecv(&verdict, 1, MPI_INT, judge, verdict_tag, control_, &requests[0]) != MPI_SUCCESS ||
      MPI_Isend(&claim, 1, MPI_INT, judge, claim_tag, control_, &requests[1]) != MPI_SUCCESS)
    return true;
  bool usable = true;
  const bool answered = wait_at_most(verdict_patience, [&] {
    int done = 0;
    usable = MPI_Testall(2, requests, &done, MPI_STATUSES_IGNORE) == MPI_SUCCESS;
    if (faults_) poll();
    return done || !usable;
  });
  // No answer: the arbiter is busy or lost. Better two messages than none.
  return !answered || !usable || verdict == 1;
}

void MpiLibrary::abort(const Error& error) {
  const int code = static_cast<int>(error.code());
  if (!failed_first()) end_silently(code);
  const std::string line = std::string(error.what()) + "\n";
  // One write, so that no other rank's output gets in between.
  if (write(STDERR_FILENO, line.data(), line.size()) < 0) _exit(code);
  if (faults_) {
    tell_peers_to_end(code);
    _exit(code);
  }
  // Open MPI's MPI_Abort prints seven lines of its own and then calls this.
  using AbortCall = int (*)(MPI_Comm, int);
  if (auto quiet_abort = reinterpret_cast<AbortCall>(dlsym(RTLD_DEFAULT, "ompi_mpi_abort")))
    quiet_abort(MPI_COMM_WORLD, code);
  MPI_Abort(MPI_COMM_WORLD, code);
  _exit(code);
}

// Where a lost rank does not end the world, MPI_Abort does not end this rank's peers.
void MpiLibrary::tell_peers_to_end(int code) {
  std::vector<MPI_Request> requests(static_cast<size_t>(size_), MPI_REQUEST_NULL);
  for (int peer = 0; peer < size_; ++peer)
    if (peer != rank_)
      MPI_Isend(&code, 1, MPI_INT, peer, end_tag, control_, &requests[static_cast<size_t>(peer)]);
  wait_at_most(verdict_patience, [&] {
    for (MPI_Request& request : requests) {
      int done = 0;
      MPI_Test(&request, &done, MPI_STATUS_IGNORE);
      if (!done) return false;
    }
    return true;
  });
}

void MpiLibrary::end_silently(int code) {
  wait_at_most(end_patience, [&] {
    try {
      poll();
    } catch (const CommunicationError&) {
      return true;
    }
    return false;
  });
  _exit(code);
}

}  // namespace tutti
