// A tuner: the algorithm that says which point to try next. (Optuna calls it a sampler, Keras Tuner
// an oracle.)
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "core/base/random.h"
#include "core/base/registry.h"
#include "scheduler/study/trial.h"

namespace tutti {

// What a tuner is asked: the point of trial `number` of a study with these trials before it.
struct Question {
  const SearchSpace& space;
  const StudyRecord& study;
  int64_t number = 0;
  uint64_t seed = 0;  // the study's

  // Random numbers of this question alone; another `stream` gives others.
  Random random(uint32_t stream = 0) const;
};

struct Suggestion {
  Point point;
  // The trial whose state this one goes on from: population-based training.
  std::optional<int64_t> parent = {};
};

inline constexpr int kAnyObjectives = std::numeric_limits<int>::max();

class Tuner : public Configurable {
 public:
  static constexpr const char* category = "tuner";
  // Null: there is nothing left to try (a grid). A pure function of the question: what a tuner
  // keeps from one question to the next (a fitted model) only saves time.
  virtual std::optional<Suggestion> suggest(const Question& question) = 0;
  // How many objectives it can serve at most.
  virtual int max_objectives() const { return 1; }
};

// A point drawn hyperparameter by hyperparameter, uniformly (in the logarithm where `log` says so);
// `fixed` numbers are kept.
Point random_point(const SearchSpace& space, Random& random, const Point& fixed = {});
// One hyperparameter's.
double random_number(const Distribution& distribution, Random& random);
// The number below which `share` (in [0, 1)) of what random_number draws lies.
double number_at_share(const Distribution& distribution, double share);

}  // namespace tutti
