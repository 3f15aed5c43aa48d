#include "scheduler/tuners/random_search.h"

namespace tutti {

std::optional<Suggestion> RandomSearch::suggest(const Question& question) {
  Random random = question.random();
  return Suggestion{random_point(question.space, random)};
}

TUTTI_REGISTER(Tuner, RandomSearch, "Random", "every point drawn by itself, uniformly")
    .alias("RandomSearch");

}  // namespace tutti
