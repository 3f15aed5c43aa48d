#include "launch/launcher/outcome.h"

#include <fmt/format.h>

#include "launch/launcher/run_files.h"

namespace tutti::launch {
namespace {

using membership::Outcome;
using membership::Verdict;

// From where is said: what only the memory of the hosts held is lost with the world.
std::string way_on(const std::filesystem::path& run) {
  const auto step = read_run_files(run).checkpoint_step;
  return step ? fmt::format("go on from step {} with --run {} --resume", *step, run.string())
              : fmt::format("--run {} --resume begins again: no checkpoint was written yet",
                            run.string());
}

std::string remedy(const Verdict& verdict, const std::filesystem::path& run) {
  const std::string resume = way_on(run);
  switch (verdict.outcome) {
    case Outcome::done:
      return "";
    case Outcome::stopped:
      return resume;
    case Outcome::job_failed:
      return "its own message is above: mend that";
    case Outcome::repeated_failure:
      return "it will fail there again: mend the job or the machine; " + resume;
    case Outcome::out_of_restarts:
      return "find why, or raise --restarts; " + resume;
    case Outcome::too_few_ranks:
      return "bring hosts back or lower --min-ranks; " + resume;
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

std::string words_of(const Verdict& verdict, const std::filesystem::path& run) {
  return fmt::format("[launch] {}; {}", verdict.words, remedy(verdict, run));
}

}  // namespace tutti::launch
