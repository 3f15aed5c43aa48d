#include "launch/launcher/outcome.h"

#include <fmt/format.h>

namespace tutti::launch {
namespace {

using membership::Outcome;
using membership::Verdict;

std::string remedy(const Verdict& verdict, const std::string& run) {
  const std::string resume = fmt::format("go on with --run {} --resume", run);
  switch (verdict.outcome) {
    case Outcome::done:
      return "";
    case Outcome::stopped:
      return resume;
    case Outcome::job_failed:
      return "its own message is above: mend that";
    case Outcome::repeated_failure:
      return "it will fail there again: mend the job or the machine, then " + resume;
    case Outcome::out_of_restarts:
      return "find why, or raise --restarts, and " + resume;
    case Outcome::too_few_ranks:
      return "bring hosts back or lower --min-ranks, and " + resume;
  }
  return "";
}

}  // namespace

ExitCode exit_code_of(const Verdict& verdict) {
  switch (verdict.outcome) {
    case Outcome::done:
      return ExitCode::ok;
    case Outcome::stopped:
      return ExitCode::stopped;
    case Outcome::job_failed:
      break;
    case Outcome::repeated_failure:
      return kRepeatedFailure;
    case Outcome::out_of_restarts:
      return kOutOfRestarts;
    case Outcome::too_few_ranks:
      return kTooFewRanks;
  }
  const bool own = !verdict.exit.by_signal && verdict.exit.code != 0;
  return own ? static_cast<ExitCode>(verdict.exit.code) : ExitCode::internal;
}

std::string words_of(const Verdict& verdict, const std::string& run) {
  return fmt::format("[launch] {}; {}", verdict.words, remedy(verdict, run));
}

}  // namespace tutti::launch
