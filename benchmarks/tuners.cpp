// Tuners on functions whose best value is known: how good, and how long a suggestion takes.
//
//   bench_tuners quality FUNCTION TUNER TRIALS FIRST_SEED SEEDS   a line of JSON: each seed's best
//   bench_tuners speed TUNER    microseconds of a processor for a suggestion at 1,000 past trials
//
// peers/tuners_optuna.py has the same functions, runs Optuna on them and compares.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <ctime>

#include "benchmarks/program.h"
#include "scheduler/tuners/tuner.h"

namespace tutti {
namespace {

struct Function {
  SearchSpace space;
  double (*value)(const Point&);
};

double squared(double x) { return x * x; }

// 0.397887 at three points.
double branin(const Point& point) {
  const double pi = 3.141592653589793, x = point.at("x"), y = point.at("y");
  return squared(y - 5.1 / (4 * pi * pi) * x * x + 5 / pi * x - 6) +
         10 * (1 - 1 / (8 * pi)) * std::cos(x) + 10;
}

// Three models with hyperparameters of their own; 0 with three layers of 256 at a rate of 1e-3.
double models(const Point& point) {
  if (point.at("model") == 0)
    return 0.1 + squared((std::log10(point.at("C")) - 1) / 3) +
           squared((std::log10(point.at("gamma")) + 2) / 2.5);
  if (point.at("model") == 1)
    return 0.05 + squared((point.at("depth") - 12) / 15) + squared((point.at("trees") - 120) / 95);
  double value = squared((std::log10(point.at("rate")) + 3) / 2);
  const int layers = static_cast<int>(point.at("layers"));
  for (int i = 0; i < layers; ++i)
    value += squared((point.at("units_" + std::to_string(i)) - 256) / 240) / 3;
  return value + 0.05 * squared(3 - layers);
}

double sphere(const Point& point) {
  double value = 0;
  for (const auto& [name, number] : point) value += squared(number - 1);
  return value;
}

Function function_of(const std::string& name) {
  SearchSpace space;
  if (name == "branin") {
    space.add({"x", FloatDistribution{-5, 10}});
    space.add({"y", FloatDistribution{0, 15}});
    return {space, branin};
  }
  if (name == "sphere8") {
    for (int i = 0; i < 8; ++i) space.add({"x" + std::to_string(i), FloatDistribution{-5, 5}});
    return {space, sphere};
  }
  if (name != "models") fail("tuners", "'{}' is unknown; use branin, models or sphere8", name);
  space.add({"model", CategoricalDistribution{{Config("svm"), Config("forest"), Config("net")}}});
  const auto only = [](const char* model) {
    return std::vector<Condition>{{"model", {Config(model)}}};
  };
  space.add({"C", FloatDistribution{1e-3, 1e3, true}, only("svm")});
  space.add({"gamma", FloatDistribution{1e-4, 1e1, true}, only("svm")});
  space.add({"depth", IntDistribution{2, 32}, only("forest")});
  space.add({"trees", IntDistribution{10, 200, 10}, only("forest")});
  space.add({"rate", FloatDistribution{1e-5, 1e-1, true}, only("net")});
  space.add({"layers", IntDistribution{1, 3}, only("net")});
  space.add({"units_0", IntDistribution{32, 512, 32}, only("net")});
  space.add({"units_1", IntDistribution{32, 512, 32}, {{"layers", {Config(2), Config(3)}}}});
  space.add({"units_2", IntDistribution{32, 512, 32}, {{"layers", {Config(3)}}}});
  return {space, models};
}

void tell(StudyRecord& study, Point point, double value) {
  Trial trial;
  trial.number = static_cast<int64_t>(study.trials.size());
  trial.state = TrialState::complete;
  trial.point = std::move(point);
  trial.values = {value};
  study.finished.push_back(trial.number);
  study.trials.push_back(std::move(trial));
}

void quality(const std::string& name, const std::string& tuner_name, int trials, uint64_t seed) {
  const auto [space, value] = function_of(name);
  const auto tuner = make<Tuner>(tuner_name);
  StudyRecord study;
  study.directions = {Direction::minimize};
  double best = INFINITY;
  for (int64_t number = 0; number < trials; ++number) {
    const auto suggestion = tuner->suggest({space, study, number, seed});
    if (!suggestion) break;
    tell(study, suggestion->point, value(suggestion->point));
    best = std::min(best, study.trials.back().values.front());
  }
  fmt::print(
      "{{\"function\": \"{}\", \"tuner\": \"{}\", \"trials\": {}, \"seed\": {}, \"best\": {}}}\n",
      name, tuner_name, trials, seed, best);
}

void speed(const std::string& tuner_name) {
  const auto [space, value] = function_of("sphere8");
  const auto tuner = make<Tuner>(tuner_name);
  StudyRecord study;
  study.directions = {Direction::minimize};
  Random random(1);
  while (study.trials.size() < 1000) {
    const Point point = random_point(space, random);
    tell(study, point, value(point));
  }
  clock_t spent = 0;
  constexpr int kSuggestions = 100;
  for (int i = 0; i <= kSuggestions; ++i) {
    const clock_t start = clock();
    const auto suggestion =
        tuner->suggest({space, study, static_cast<int64_t>(study.trials.size()), 1});
    if (i > 0) spent += clock() - start;  // the first also reads the record
    tell(study, suggestion->point, value(suggestion->point));
  }
  fmt::print("{:.1f}\n", 1e6 * static_cast<double>(spent) / CLOCKS_PER_SEC / kSuggestions);
}

int run(const std::vector<std::string>& words) {
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
             "usage: bench_tuners quality FUNCTION TUNER TRIALS FIRST_SEED SEEDS | speed TUNER\n");
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
