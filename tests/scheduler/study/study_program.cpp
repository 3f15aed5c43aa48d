// simulated_study JOURNAL TRIALS [standing]: goes on with the simulated study until so many trials
// were begun; standing: at one time of the day, so that the journal is the same each time.
#include <fmt/format.h>

#include <cstdlib>
#include <optional>

#include "tests/scheduler/study/simulated_study.h"

int main(int count, char** arguments) {
  if (count < 3) return 2;
  tutti::test::SleptClock clock;
  std::optional<tutti::Replace<tutti::Clock>> standing;
  if (count > 3) standing.emplace(clock);
  try {
    tutti::test::Simulation{
        .journal = arguments[1], .pausing = true, .trials = std::atoi(arguments[2])}
        .run();
  } catch (const tutti::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}
