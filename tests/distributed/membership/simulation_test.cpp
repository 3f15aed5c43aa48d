#include "tests/distributed/membership/simulation.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace tutti::membership {
namespace {

// The outcomes that a scenario may have, besides that all is done.
bool expected(const Scenario& scenario, const Verdict& verdict) {
  const auto count = [&](FaultKind kind) {
    return std::ranges::count(scenario.faults, kind, &Fault::kind);
  };
  switch (verdict.outcome) {
    case Outcome::done:
      return !scenario.has(FaultKind::poison) || true;
    case Outcome::stopped:
      return scenario.has(FaultKind::stop);
    case Outcome::repeated_failure:
      return scenario.has(FaultKind::poison) ||
             count(FaultKind::fail_rank) + count(FaultKind::stick_rank) +
                     count(FaultKind::freeze_rank) + count(FaultKind::corrupt_rank) +
                     count(FaultKind::refuse_start) >=
                 2;
    case Outcome::too_few_ranks:
      return std::ranges::any_of(scenario.faults, [](const Fault& fault) {
        return fault.kind == FaultKind::crash_host && fault.length == 0;
      });
    default:
      return false;
  }
}

std::string problem_of(const Scenario& scenario) {
  const SimulationResult result = Simulation(scenario).run();
  if (!result.violation.empty()) return result.violation;
  if (!result.verdict)
    return scenario.has(FaultKind::kill_judge) ? "" : "the judge came to no verdict";
  if (!expected(scenario, *result.verdict)) return "unexpected verdict: " + result.verdict->words;
  return "";
}

// As few faults as still fail.
Scenario shrink(Scenario scenario) {
  for (size_t i = 0; i < scenario.faults.size();) {
    Scenario fewer = scenario;
    fewer.faults.erase(fewer.faults.begin() + static_cast<std::ptrdiff_t>(i));
    if (problem_of(fewer).empty())
      ++i;
    else
      scenario = fewer;
  }
  return scenario;
}

uint64_t number_in_environment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// TUTTI_SIMULATED_SEEDS=200000 is a night's run, TUTTI_FIRST_SEED where to begin.
TEST(Simulation, SeedsKeepTheInvariants) {
  const uint64_t first = number_in_environment("TUTTI_FIRST_SEED", 1);
  const uint64_t count = number_in_environment("TUTTI_SIMULATED_SEEDS", 1500);
  int failures = 0;
  for (uint64_t seed = first; seed < first + count && failures < 5; ++seed) {
    const Scenario scenario = scenario_of(seed);
    const std::string problem = problem_of(scenario);
    if (problem.empty()) continue;
    ++failures;
    const Scenario fewer = shrink(scenario);
    ADD_FAILURE() << "seed " << seed << ": " << problem << "\n  shrunk: " << problem_of(fewer)
                  << "\n  " << describe(fewer);
  }
}

}  // namespace
}  // namespace tutti::membership
