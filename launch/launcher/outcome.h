// How a job that was launched ended, as an exit code and as one line.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/error.h"
#include "distributed/membership/judge.h"

namespace tutti::launch {

// What ranks alone cannot end with; the rest is in core/base/error.h.
inline constexpr auto kTooFewRanks = static_cast<ExitCode>(11);
inline constexpr auto kRepeatedFailure = static_cast<ExitCode>(12);
inline constexpr auto kOutOfRestarts = static_cast<ExitCode>(13);

ExitCode exit_code_of(const membership::Verdict& verdict);

// "[launch] rank 1 on node2 ended by signal 11 at step 40, as before; ...": what happened, and what
// to do. `run`: its directory, as people wrote it, where the newest checkpoint is looked for.
std::string words_of(const membership::Verdict& verdict, const std::filesystem::path& run);

}  // namespace tutti::launch
