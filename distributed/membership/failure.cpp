#include "distributed/membership/failure.h"

#include <fmt/format.h>

#include <csignal>
#include <cstring>

#include "core/base/error.h"

namespace tutti::membership {

Cause cause_of(const Exit& exit) {
  if (exit.out_of_memory) return Cause::ended;
  if (exit.by_signal && exit.code == SIGKILL) return Cause::killed;
  const bool asked = exit.by_signal && exit.code == SIGTERM;
  const bool peers = !exit.by_signal && exit.code == static_cast<int>(ExitCode::communication);
  return asked || peers ? Cause::consequence : Cause::ended;
}

std::string words_of(const Exit& exit) {
  if (exit.out_of_memory) return "ran out of memory";
  if (exit.by_signal) {
    const char* known = ::sigdescr_np(exit.code);
    std::string name = known ? fmt::format(" ({})", known) : "";
    if (exit.code == SIGBUS) name = " (Bus error, as where /dev/shm is full)";
    return fmt::format("ended by signal {}{}", exit.code, name);
  }
  if (was_asked(exit)) return "was asked to stop, and has saved its state";
  const bool nan = exit.code == static_cast<int>(ExitCode::numerics);
  return fmt::format("ended with exit code {}{}", exit.code, nan ? " (NaN or infinity)" : "");
}

bool was_asked(const Exit& exit) {
  return !exit.by_signal && !exit.out_of_memory && exit.code == static_cast<int>(ExitCode::stopped);
}

bool ends_job(const Failure& failure) {
  if (failure.cause != Cause::ended || failure.exit.by_signal || failure.exit.out_of_memory)
    return false;
  switch (static_cast<ExitCode>(failure.exit.code)) {
    case ExitCode::usage:
    case ExitCode::job:
    case ExitCode::data:
    case ExitCode::numerics:
    case ExitCode::world:
    case ExitCode::missing:
      return true;
    default:
      return false;
  }
}

bool same(const Failure& a, const Failure& b) {
  return a.cause >= Cause::corrupt && a.cause == b.cause && a.exit == b.exit && a.step == b.step;
}

}  // namespace tutti::membership
