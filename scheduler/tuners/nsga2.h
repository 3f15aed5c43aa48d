// NSGA-II: a genetic algorithm for several objectives (Deb et al., IEEE Trans. Evol. Comput. 6,
// 2002), with the names and defaults of Optuna's NSGAIISampler.
//
// A generation is `population_size` trials that complete one after the other; the first ones are
// drawn at random. Of parents and generation the best are the next parents.
#pragma once

#include <optional>
#include <vector>

#include "scheduler/tuners/dominance.h"
#include "scheduler/tuners/finished_trials.h"
#include "scheduler/tuners/tuner.h"

namespace tutti {

struct Nsga2Options {
  int population_size = 50;
  std::optional<double> mutation_prob =
      {};  // of a hyperparameter; null: one of a child's on average
  double crossover_prob = 0.9;
  double swapping_prob = 0.5;  // that a hyperparameter is the second parent's
};

class Nsga2 final : public Tuner {
 public:
  using Options = Nsga2Options;
  explicit Nsga2(Options options = {});
  const Options& options() const { return options_; }

  std::optional<Suggestion> suggest(const Question& question) override;
  int max_objectives() const override { return kAnyObjectives; }

 private:
  void learn(const Question& question);
  const Point& parent(Random& random) const;

  Options options_;
  // What the finished trials have made of it: parents, then the generation that is under way.
  FinishedTrials seen_;
  size_t parents_ = 0;
  std::vector<Point> points_;
  std::vector<Outcome> outcomes_;
};

}  // namespace tutti
