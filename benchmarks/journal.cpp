// How many trials a second a study begins, hears of and ends in its journal, alone and in groups:
//   bench_journal [--trials 20000] [--reports 1] [--folder DIR]
//     -> {"alone": transitions/s, "grouped": ..., "reopened_lines": lines/s}
// A transition is what changes a trial: it begins, it reports, it ends. Synced at least every
// second, and at the end.
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "benchmarks/program.h"
#include "scheduler/study/study.h"

namespace {

using tutti::benchmarks::Clock;
using tutti::benchmarks::seconds_since;

class RandomPoints final : public tutti::Tuner {
 public:
  std::optional<tutti::Suggestion> suggest(const tutti::Question& question) override {
    tutti::Random random = question.random();
    return tutti::Suggestion{tutti::random_point(question.space, random)};
  }
};

tutti::Study study_in(const std::filesystem::path& journal) {
  tutti::SearchSpace space;
  for (int i = 0; i < 8; ++i) space.add({fmt::format("x{}", i), tutti::FloatDistribution{}});
  return tutti::Study(journal, {}, space, std::make_shared<RandomPoints>());
}

void try_one(tutti::Study& study, int64_t reports) {
  const int64_t trial = study.ask()->trial;
  for (int64_t step = 1; step <= reports; ++step) study.report(trial, step, 0.5);
  study.tell(trial, tutti::TrialState::complete, {0.5});
}

// Transitions a second, the journal locked for each alone or once for `group` trials.
double transitions(const std::filesystem::path& journal, int64_t trials, int64_t reports,
                   int64_t group) {
  tutti::Study study = study_in(journal);
  const auto begin = Clock::now();
  for (int64_t done = 0; done < trials; done += group) {
    if (group == 1)
      try_one(study, reports);
    else
      study.together([&] {
        for (int64_t i = 0; i < group; ++i) try_one(study, reports);
      });
    study.poll();
  }
  study.sync();
  return static_cast<double>(trials * (2 + reports)) / seconds_since(begin);
}

int measure(int argc, char** argv) {
  auto given = tutti::benchmarks::options_of(
      argc, argv, {{"--trials", "20000"}, {"--reports", "1"}, {"--folder", "."}});
  const int64_t trials = std::atoll(given["--trials"].c_str());
  const int64_t reports = std::atoll(given["--reports"].c_str());
  const std::filesystem::path folder = std::filesystem::path(given["--folder"]) / "bench_journal";
  std::filesystem::create_directories(folder);
  const double alone = transitions(folder / "alone", trials, reports, 1);
  const double grouped = transitions(folder / "grouped", trials, reports, 50);
  const auto begin = Clock::now();
  tutti::JournalReader reader(folder / "grouped");
  reader.read();
  const double lines = static_cast<double>(reader.record().lines()) / seconds_since(begin);
  fmt::print("{{\"alone\": {:.0f}, \"grouped\": {:.0f}, \"reopened_lines\": {:.0f}}}\n", alone,
             grouped, lines);
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return tutti::benchmarks::run_program(measure, argc, argv); }
