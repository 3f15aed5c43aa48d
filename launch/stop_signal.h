// Being asked to stop: SIGTERM, as schedulers send it before they kill, Ctrl-C, or SIGUSR1, which
// mpirun hands on to its ranks where on SIGTERM it would kill them a second later. While one lives
// the first such signal is only noted, and those that come with it: Slurm signals srun, a rank's
// supervisor and the rank, and each hands it on. One a second later ends the process as ever.
#pragma once

#include <chrono>

namespace tutti {

// Signals that come within this of the first are one request.
inline constexpr std::chrono::milliseconds kOneRequest{1000};

class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;

  static bool received();  // of this process
  // As such a signal would, for good: also before one lives. Any thread.
  static void ask();
};

}  // namespace tutti
