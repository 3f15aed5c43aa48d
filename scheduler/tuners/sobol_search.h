// Sobol: points that fill the space evenly, each new one where the others are not.
//
// Trial n takes point n of the Sobol sequence with Joe and Kuo's direction numbers, in the order of
// Antonov and Saleev, one dimension per hyperparameter, active or not. Scrambled by a random lower
// triangular matrix and a digital shift (Matousek, J. Complexity 14, 1998), drawn from the study's
// seed. The first 2^m trials are balanced; other counts are less even.
#pragma once

#include "scheduler/tuners/tuner.h"

namespace tutti {

struct SobolSearchOptions {
  bool scramble = true;
};

// Coordinate `dimension` (below 256) of point `index` (below 2^32), a multiple of 2^-52 in [0, 1).
double sobol_coordinate(int64_t index, int dimension);
// Of the sequence that is scrambled by `seed`.
double scrambled_sobol_coordinate(int64_t index, int dimension, uint64_t seed);

class SobolSearch final : public Tuner {
 public:
  using Options = SobolSearchOptions;
  explicit SobolSearch(Options options = {}) : options_(options) {}
  const Options& options() const { return options_; }

  // Throws for more than 256 hyperparameters.
  std::optional<Suggestion> suggest(const Question& question) override;
  int max_objectives() const override { return kAnyObjectives; }

 private:
  Options options_;
};

}  // namespace tutti
