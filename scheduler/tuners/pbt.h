// PBT: population-based training (Jaderberg et al., "Population Based Training of Neural
// Networks", 2017), which finds schedules: a trial is an interval of training that goes on from
// its parent's state.
//
// `population_size` trials begin at random points. From then on, in the order in which trials end,
// each is followed by one: of the worst quarter by one that copies a random one of the best
// quarter and moves its point a little; of the others by one that goes on with its own. Quarters
// are of as many trials as the population has, the last that ended. What is not complete is the
// worst. Where every member is under way it suggests nothing.
#pragma once

#include "scheduler/tuners/tuner.h"

namespace tutti {

struct PbtOptions {
  int population_size = 16;
  double quantile_fraction = 0.25;
  double resample_probability = 0.25;
  double perturbation = 0.2;
};

class Pbt final : public Tuner {
 public:
  using Options = PbtOptions;
  explicit Pbt(Options options = {});
  const Options& options() const { return options_; }

  std::optional<Suggestion> suggest(const Question& question) override;

 private:
  // What a copy of the point tries: each number 1 + or - `perturbation` times itself, within its
  // bounds, each choice the one before or after it, or drawn anew.
  Point explored(const SearchSpace& space, const Point& point, Random& random) const;
  double perturbed(const Distribution& distribution, double number, Random& random) const;

  Options options_;
};

}  // namespace tutti
