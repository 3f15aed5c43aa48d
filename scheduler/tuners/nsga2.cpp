#include "scheduler/tuners/nsga2.h"

#include <algorithm>

#include "core/base/error.h"

namespace tutti {

Nsga2::Nsga2(Options options) : options_(options) {
  if (options_.population_size < 2)
    fail("NSGA-II", "population_size is {}; use 2 or more", options_.population_size);
  const auto check = [](const char* name, double share) {
    if (!(0 <= share && share <= 1)) fail("NSGA-II", "{} is {}; use 0 to 1", name, share);
  };
  check("mutation_prob", options_.mutation_prob.value_or(0));
  check("crossover_prob", options_.crossover_prob);
  check("swapping_prob", options_.swapping_prob);
}

void Nsga2::learn(const Question& question) {
  if (!seen_.are_those_of(question)) {
    parents_ = 0;
    points_.clear();
    outcomes_.clear();
  }
  const auto& study = question.study;
  const auto population = static_cast<size_t>(options_.population_size);
  for (size_t i = seen_.count(); i < study.finished.size(); ++i) {
    const Trial& trial = study.trials[static_cast<size_t>(study.finished[i])];
    seen_.add(trial);
    if (trial.state != TrialState::complete) continue;
    points_.push_back(trial.point);
    outcomes_.push_back(outcome_of(study, trial));
    if (points_.size() < parents_ + population) continue;
    std::vector<Point> points;
    std::vector<Outcome> outcomes;
    for (const size_t kept : elite_of(outcomes_, population)) {
      points.push_back(std::move(points_[kept]));
      outcomes.push_back(std::move(outcomes_[kept]));
    }
    points_ = std::move(points);
    outcomes_ = std::move(outcomes);
    parents_ = points_.size();
  }
}

// The better of two, if either dominates the other.
const Point& Nsga2::parent(Random& random) const {
  const size_t one = random.below(parents_), other = random.below(parents_);
  return points_[dominates(outcomes_[one], outcomes_[other]) ? one : other];
}

std::optional<Suggestion> Nsga2::suggest(const Question& question) {
  learn(question);
  Random random = question.random();
  if (parents_ == 0) return Suggestion{random_point(question.space, random)};
  const Point& first = parent(random);
  const Point& second = parent(random);
  const bool crossed = random.uniform() < options_.crossover_prob;
  const auto& hyperparameters = question.space.hyperparameters();
  const double mutation =
      options_.mutation_prob.value_or(1 / static_cast<double>(std::max<size_t>(first.size(), 1)));
  Point inherited;
  for (const auto& [name, distribution, conditions, initial] : hyperparameters) {
    const bool swapped = random.uniform() < options_.swapping_prob && crossed;
    const bool mutated = random.uniform() < mutation;
    const Point& from = swapped && second.count(name) ? second : first;
    const auto number = from.find(name);
    if (!mutated && number != from.end() && contains(distribution, number->second))
      inherited[name] = number->second;
  }
  // What is mutated, and what no parent has, is drawn.
  return Suggestion{random_point(question.space, random, inherited)};
}

TUTTI_REGISTER(Tuner, Nsga2, "NSGAII", "a genetic algorithm, for several objectives")
    .argument("population_size", &Nsga2Options::population_size, "trials of a generation")
    .argument("mutation_prob", &Nsga2Options::mutation_prob,
              "of a hyperparameter to be drawn anew; null: one of a child's on average")
    .argument("crossover_prob", &Nsga2Options::crossover_prob, "of a child to have two parents")
    .argument("swapping_prob", &Nsga2Options::swapping_prob,
              "of a hyperparameter to be the second parent's")
    .alias("NSGA-II");

}  // namespace tutti
