// Tuners on objectives whose best value is known: how good, and how long a suggestion takes.
//
//   bench_tuners objectives           their names
//   bench_tuners values OBJECTIVE     its space, then a value for each point that comes: JSON lines
//   bench_tuners quality OBJECTIVE TUNER TRIALS FIRST_SEED SEEDS   a line of JSON: each seed's best
//   bench_tuners speed TUNER    microseconds of a processor for a suggestion at 1,000 past trials
//
// peers/tuners_optuna.py runs Optuna on the same objectives and compares.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "benchmarks/objectives.h"
#include "benchmarks/program.h"
#include "scheduler/tuners/tuner.h"

namespace tutti {
namespace {

void tell(StudyRecord& study, Point point, double value) {
  Trial trial;
  trial.number = static_cast<int64_t>(study.trials.size());
  trial.state = TrialState::complete;
  trial.point = std::move(point);
  trial.values = {value};
  study.finished.push_back(trial.number);
  study.trials.push_back(std::move(trial));
}

// The objectives give one point the same value always, of which a Gaussian process can be told, as
// Optuna's is here.
std::shared_ptr<Tuner> tuner_of(const std::string& name) {
  if (name != "GP") return make<Tuner>(name);
  return make<Tuner>(
      Config(Config::Map{{name, Config(Config::Map{{"deterministic_objective", true}})}}));
}

nlohmann::json json_of(const SearchSpace& space) {
  auto json = nlohmann::json::array();
  for (const auto& [name, distribution, conditions, initial] : space.hyperparameters()) {
    auto when = nlohmann::json::object();  // parent: numbers, one of which it has
    for (const auto& [parent, values] : conditions)
      for (const Config& value : values)
        when[parent].push_back(number_of(parent, space.find(parent)->distribution, value));
    json.push_back({{"name", name}, {"distribution", to_json(distribution)}, {"when", when}});
  }
  return json;
}

void values(const std::string& name) {
  const auto [space, value] = objective_of(name);
  fmt::print("{}\n", json_of(space).dump());
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    const auto point = nlohmann::json::parse(line).get<Point>();
    if (const auto fault = space.fault_of(point); !fault.empty()) fail(name, "{}", fault);
    fmt::print("{}\n", value(point));
    std::fflush(stdout);
  }
}

void quality(const std::string& name, const std::string& tuner_name, int trials, uint64_t seed) {
  const auto [space, value] = objective_of(name);
  const auto tuner = tuner_of(tuner_name);
  StudyRecord study;
  study.directions = {Direction::minimize};
  double best = INFINITY;
  for (int64_t number = 0; number < trials; ++number) {
    const auto suggestion = tuner->suggest({space, study, number, seed});
    if (!suggestion) break;
    tell(study, suggestion->point, value(suggestion->point));
    best = std::min(best, study.trials.back().values.front());
  }
  fmt::print("{}\n", best);
}

// The processor's time of so many suggestions, each after another trial; the first also reads the
// record.
clock_t time_of_suggestions(const std::string& tuner_name, int suggestions) {
  const auto [space, value] = objective_of("sphere8");
  const auto tuner = tuner_of(tuner_name);
  StudyRecord study;
  study.directions = {Direction::minimize};
  Random random(1);
  while (study.trials.size() < 1000) {
    const Point point = random_point(space, random);
    tell(study, point, value(point));
  }
  clock_t spent = 0;
  for (int i = 0; i <= suggestions; ++i) {
    const clock_t start = clock();
    const auto suggestion =
        tuner->suggest({space, study, static_cast<int64_t>(study.trials.size()), 1});
    if (i > 0) spent += clock() - start;
    tell(study, suggestion->point, value(suggestion->point));
  }
  return spent;
}

// A processor that was idle is slow at first: a second of it, or ten rounds.
void speed(const std::string& tuner_name) {
  constexpr int kSuggestions = 100, kRounds = 10;
  clock_t spent = 0;
  int rounds = 0;
  for (; rounds < kRounds && spent < CLOCKS_PER_SEC; ++rounds)
    spent += time_of_suggestions(tuner_name, kSuggestions);
  fmt::print("{:.1f}\n",
             1e6 * static_cast<double>(spent) / CLOCKS_PER_SEC / (rounds * kSuggestions));
}

int run(const std::vector<std::string>& words) {
  if (words.size() == 1 && words[0] == "objectives") {
    for (const std::string& name : objective_names()) fmt::print("{}\n", name);
    return 0;
  }
  if (words.size() == 2 && words[0] == "values") {
    values(words[1]);
    return 0;
  }
  if (words.size() == 2 && words[0] == "speed") {
    speed(words[1]);
    return 0;
  }
  if (words.size() == 6 && words[0] == "quality") {
    const uint64_t first = std::stoull(words[4]), seeds = std::stoull(words[5]);
    for (uint64_t seed = first; seed < first + seeds; ++seed)
      quality(words[1], words[2], std::stoi(words[3]), seed);
    return 0;
  }
  fmt::print(stderr,
             "usage: bench_tuners objectives | values OBJECTIVE | "
             "quality OBJECTIVE TUNER TRIALS FIRST_SEED SEEDS | speed TUNER\n");
  return 2;
}

}  // namespace
}  // namespace tutti

int main(int argc, char** argv) {
  return tutti::benchmarks::run_program(
      [](int count, char** words) {
        return tutti::run({words + 1, words + count});
      },
      argc, argv);
}
