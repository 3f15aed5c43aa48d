#include "scheduler/tuners/pbt.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

#include "core/base/error.h"
#include "scheduler/tuners/finished_trials.h"

namespace tutti {
namespace {

// The last `count` trials that ended, best first; equals in the order in which they ended.
std::vector<const Trial*> ranked_population(const StudyRecord& study, size_t count) {
  std::vector<const Trial*> population;
  const size_t ended = study.finished.size();
  for (size_t i = ended - std::min(count, ended); i < ended; ++i)
    population.push_back(&study.trials[static_cast<size_t>(study.finished[i])]);
  const auto key = [&](const Trial* trial) {
    return std::tuple(trial->state != TrialState::complete, trial->violation(),
                      loss_of_trial(study, *trial));
  };
  std::stable_sort(population.begin(), population.end(),
                   [&](const Trial* a, const Trial* b) { return key(a) < key(b); });
  return population;
}

// Of a point, what the space has: someone may have queued it for another.
Point within(const SearchSpace& space, Point point) {
  std::erase_if(point, [&](const auto& named) {
    const Hyperparameter* hyperparameter = space.find(named.first);
    return !hyperparameter || !contains(hyperparameter->distribution, named.second);
  });
  return point;
}

// Of a distribution in steps: where a number lies, and the number nearest to a place.
double place_of(const Distribution& distribution, double number) {
  if (*count_of(distribution) == 1) return 0;
  const double first = number_at(distribution, 0);
  return (number - first) / (number_at(distribution, 1) - first);
}
double number_near(const Distribution& distribution, double place) {
  const auto last = static_cast<double>(*count_of(distribution) - 1);
  return number_at(distribution, static_cast<int64_t>(std::clamp(std::round(place), 0.0, last)));
}

}  // namespace

Pbt::Pbt(Options options) : options_(options) {
  const auto& [population, quantile, resample, perturbation] = options_;
  if (population < 2) fail("PBT", "population_size is {}; use 2 or more", population);
  if (!(0 < quantile && quantile <= 0.5))
    fail("PBT", "quantile_fraction is {}; use more than 0, at most 0.5", quantile);
  if (!(0 <= resample && resample <= 1))
    fail("PBT", "resample_probability is {}; use 0 to 1", resample);
  if (!(0 < perturbation && perturbation < 1))
    fail("PBT", "perturbation is {}; use more than 0, less than 1", perturbation);
}

double Pbt::perturbed(const Distribution& distribution, double number, Random& random) const {
  const bool resample = random.uniform() < options_.resample_probability;
  const bool up = random.below(2) == 1;
  if (resample) return random_number(distribution, random);
  const double scaled = number * (up ? 1 + options_.perturbation : 1 - options_.perturbation);
  if (!count_of(distribution)) {
    const auto& real = std::get<FloatDistribution>(distribution);
    return std::clamp(scaled, real.low, real.high);
  }
  const double place = place_of(distribution, number);
  double move = place_of(distribution, scaled) - place;
  if (std::holds_alternative<CategoricalDistribution>(distribution) || std::abs(move) < 1)
    move = up ? 1 : -1;
  return number_near(distribution, place + move);
}

Point Pbt::explored(const SearchSpace& space, const Point& point, Random& random) const {
  Point moved;
  for (const auto& [name, number] : within(space, point))
    moved[name] = perturbed(space.find(name)->distribution, number, random);
  return moved;
}

std::optional<Suggestion> Pbt::suggest(const Question& question) {
  const auto& [space, study, number, seed] = question;
  const auto begun = static_cast<size_t>(
      std::count_if(study.trials.begin(), study.trials.end(), [&](const Trial& trial) {
        return trial.state != TrialState::waiting && trial.number != question.number;
      }));
  const auto size = static_cast<size_t>(options_.population_size);
  Random random = question.random();
  if (begun < size) return Suggestion{random_point(space, random)};
  if (begun - size >= study.finished.size()) return {};
  const Trial& before = study.trials[static_cast<size_t>(study.finished[begun - size])];

  const auto population = ranked_population(study, size);
  const auto count = static_cast<double>(population.size());
  const auto quarter = static_cast<std::ptrdiff_t>(
      std::min(std::ceil(count * options_.quantile_fraction), std::floor(count / 2)));
  const bool is_bad =
      std::find(population.end() - quarter, population.end(), &before) != population.end();
  if (!is_bad && before.state == TrialState::complete)
    return Suggestion{random_point(space, random, within(space, before.point)), before.number};
  const Trial& copied =
      *population[random.below(static_cast<uint64_t>(std::max<std::ptrdiff_t>(quarter, 1)))];
  if (copied.state != TrialState::complete) return Suggestion{random_point(space, random)};
  const Point moved = explored(space, copied.point, random);
  return Suggestion{random_point(space, random, moved), copied.number};
}

TUTTI_REGISTER(Tuner, Pbt, "PBT",
               "population-based training: schedules, by trials that go on from others")
    .argument("population_size", &PbtOptions::population_size, "trials that train at a time")
    .argument("quantile_fraction", &PbtOptions::quantile_fraction,
              "how many of the population are replaced, by copies of as many")
    .argument("resample_probability", &PbtOptions::resample_probability,
              "of a copy's hyperparameter to be drawn anew")
    .argument("perturbation", &PbtOptions::perturbation,
              "by what part of itself a copy's number moves otherwise, up or down");

}  // namespace tutti
