#include "scheduler/tuners/grid_search.h"

#include <algorithm>
#include <functional>
#include <set>

#include "core/base/error.h"
#include "scheduler/tuners/portable_math.h"

namespace tutti {
namespace {

// How many values a hyperparameter has in the grid, and the i-th.
int64_t places_of(const Distribution& distribution, int points) {
  return count_of(distribution).value_or(points);
}

double number_at_place(const Distribution& distribution, int64_t place, int points) {
  if (count_of(distribution)) return number_at(distribution, place);
  const auto& d = std::get<FloatDistribution>(distribution);
  if (place == points - 1) return d.high;
  const double share = static_cast<double>(place) / (points - 1);
  if (!d.log) return std::min(d.low + share * (d.high - d.low), d.high);
  const double low = portable_log(d.low), high = portable_log(d.high);
  return place == 0 ? d.low : std::clamp(portable_exp(low + share * (high - low)), d.low, d.high);
}

// Visits the combinations that begin with `point`, in order, until `visit` returns true.
bool combine(const SearchSpace& space, int points, size_t at, Point& point,
             const std::function<bool(const Point&)>& visit) {
  if (at == space.hyperparameters().size()) return visit(point);
  const Hyperparameter& hyperparameter = space.hyperparameters()[at];
  if (!space.active(hyperparameter, point)) return combine(space, points, at + 1, point, visit);
  const int64_t places = places_of(hyperparameter.distribution, points);
  for (int64_t place = 0; place < places; ++place) {
    point[hyperparameter.name] = number_at_place(hyperparameter.distribution, place, points);
    if (combine(space, points, at + 1, point, visit)) return true;
  }
  point.erase(hyperparameter.name);
  return false;
}

}  // namespace

GridSearch::GridSearch(Options options) : options_(options) {
  if (options_.points < 2) fail("Grid", "points is {}; use 2 or more", options_.points);
}

std::optional<Suggestion> GridSearch::suggest(const Question& question) {
  std::set<Point> taken;
  for (const Trial& trial : question.study.trials)
    if (trial.number != question.number) taken.insert(trial.point);
  Point point;
  const auto is_new = [&](const Point& combination) { return !taken.contains(combination); };
  if (combine(question.space, options_.points, 0, point, is_new)) return Suggestion{point};
  return {};
}

TUTTI_REGISTER(Tuner, GridSearch, "Grid", "every combination once, then nothing")
    .argument("points", &GridSearchOptions::points,
              "how many values a float without a step is cut into, its bounds among them")
    .alias("GridSearch");

}  // namespace tutti
