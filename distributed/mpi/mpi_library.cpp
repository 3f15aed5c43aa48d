#include "distributed/mpi/mpi_library.h"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <numeric>
#include <string>
#include <thread>

namespace tutti {
namespace {

constexpr int claim_tag = 1, verdict_tag = 2, end_tag = 3, leave_tag = 4;
constexpr auto verdict_patience = std::chrono::seconds(2);  // the arbiter may be busy computing
constexpr auto silence_step = std::chrono::milliseconds(250);
constexpr auto end_patience = std::chrono::seconds(5);  // for the abort of the first to arrive

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
  // Open MPI writes to the sockets of ranks that are gone: that is an error to tell, not a death.
  std::signal(SIGPIPE, SIG_IGN);
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
  left_.resize(static_cast<size_t>(size_));
}

MpiLibrary::~MpiLibrary() {
  int finalized = 0;
  if (MPI_Finalized(&finalized) != MPI_SUCCESS || finalized) return;
  try {
    leave();
  } catch (const CommunicationError&) {
    return;  // MPI_Finalize would wait for the lost
  }
  MPI_Finalize();
}

// Says that this rank ends, so that peers who still wait for it learn why nothing comes, and
// answers them until all of them end. MPI_Finalize alone would wait in silence.
void MpiLibrary::leave() {
  tell_peers(leave_tag, 0);
  left_[static_cast<size_t>(rank_)] = true;
  while (std::ranges::find(left_, false) != left_.end()) {
    poll();
    if (faults_ && !faults_->lost_ranks(control_).empty())
      throw CommunicationError("[mpi] a rank was lost; its peers end without MPI_Finalize");
    std::this_thread::sleep_for(std::chrono::microseconds(500));
  }
}

std::vector<int> MpiLibrary::ranks_of(MPI_Comm world) const {
  MPI_Group members = MPI_GROUP_NULL, all = MPI_GROUP_NULL;
  int count = 0;
  check_mpi(MPI_Comm_group(world, &members), "MPI_Comm_group");
  check_mpi(MPI_Comm_group(control_, &all), "MPI_Comm_group");
  MPI_Group_size(members, &count);
  std::vector<int> places(static_cast<size_t>(count)), ranks(places.size());
  std::iota(places.begin(), places.end(), 0);
  MPI_Group_translate_ranks(members, count, places.data(), all, ranks.data());
  MPI_Group_free(&members);
  MPI_Group_free(&all);
  return ranks;
}

void MpiLibrary::poll() {
  int found = 0;
  MPI_Status status;
  const int result = MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, control_, &found, &status);
  // A lost rank could have been the source: only worlds that it was in have to mind.
  if (result != MPI_SUCCESS && faults_ && faults_->failure_ack(control_) == MPI_SUCCESS) return;
  check_mpi(result, "MPI_Iprobe");
  if (!found) return;
  const int peer = status.MPI_SOURCE;
  int value = 0;
  check_mpi(MPI_Recv(&value, 1, MPI_INT, peer, status.MPI_TAG, control_, MPI_STATUS_IGNORE),
            "MPI_Recv");
  if (status.MPI_TAG == end_tag) _exit(value);
  if (status.MPI_TAG == leave_tag) {
    left_[static_cast<size_t>(peer)] = true;
    return;
  }
  if (first_failure_ < 0) first_failure_ = peer;
  const int verdict = first_failure_ == peer;
  check_mpi(MPI_Send(&verdict, 1, MPI_INT, peer, verdict_tag, control_), "MPI_Send");
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
  // No answer: the arbiter is busy or stopped. The first of the others ends them before they print.
  if (!answered) std::this_thread::sleep_for(std::min(rank_, 20) * silence_step);
  return !answered || !usable || verdict == 1;
}

void MpiLibrary::abort(const Error& error) {
  const int code = static_cast<int>(error.code());
  if (!failed_first()) end_silently(code);
  const std::string line = std::string(error.what()) + "\n";
  // One write, so that no other rank's output gets in between.
  if (write(STDERR_FILENO, line.data(), line.size()) < 0) _exit(code);
  if (faults_) {
    tell_peers(end_tag, code);  // MPI_Abort does not end them there
    _exit(code);
  }
  // Open MPI's MPI_Abort prints seven lines of its own and then calls this.
  using AbortCall = int (*)(MPI_Comm, int);
  if (auto quiet_abort = reinterpret_cast<AbortCall>(dlsym(RTLD_DEFAULT, "ompi_mpi_abort")))
    quiet_abort(MPI_COMM_WORLD, code);
  MPI_Abort(MPI_COMM_WORLD, code);
  _exit(code);
}

void MpiLibrary::tell_peers(int tag, int value) {
  std::vector<MPI_Request> requests(static_cast<size_t>(size_), MPI_REQUEST_NULL);
  for (int peer = 0; peer < size_; ++peer)
    if (peer != rank_)
      MPI_Isend(&value, 1, MPI_INT, peer, tag, control_, &requests[static_cast<size_t>(peer)]);
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
