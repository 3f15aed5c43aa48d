#include <nlopt.h>

#include <algorithm>
#include <cmath>

#include "scheduler/tuners/expected_improvement.h"
#include "scheduler/tuners/portable_math.h"
#include "scheduler/tuners/sobol_directions.h"
#include "scheduler/tuners/sobol_search.h"

namespace tutti {
namespace {

constexpr int64_t kFewSteps = 16;  // that are all tried

struct Place {
  std::vector<double> point;
  double value = 0;
};

bool is_continuous(const UnitAxis& axis) { return !count_of(axis.distribution); }

int64_t step_of(const UnitAxis& axis, double place) {
  if (axis.choices > 0) return static_cast<int64_t>(place);
  const int64_t count = *count_of(axis.distribution);
  const auto step =
      axis.cells > 0
          ? static_cast<int64_t>(place * static_cast<double>(count))
          : static_cast<int64_t>(axis.number_of(place) - number_at(axis.distribution, 0));
  return std::clamp<int64_t>(step, 0, count - 1);
}

double place_of_step(const UnitAxis& axis, int64_t step) {
  return axis.place_of(number_at(axis.distribution, step));
}

// Points spread evenly, turned by the question's random shift; rows.
PointRows spread_points(const std::vector<UnitAxis>& axes, size_t count, Random& random) {
  const size_t d = axes.size();
  PointRows rows(count * d);
  for (size_t c = 0; c < d; ++c) {
    const UnitAxis& axis = axes[c];
    const double shift = random.uniform();
    for (size_t i = 0; i < count; ++i) {
      double share = c < kSobolDimensions
                         ? sobol_coordinate(static_cast<int64_t>(i), static_cast<int>(c)) + shift
                         : random.uniform();
      share -= std::floor(share);
      double& place = rows[i * d + c];
      if (axis.choices > 0)
        place = std::floor(share * static_cast<double>(axis.choices));
      else
        place = is_continuous(axis) ? share : axis.place_of(axis.number_of(share));
    }
  }
  return rows;
}

struct Uphill {
  const ExpectedImprovement& improvement;
  const std::vector<size_t>& free;
  std::vector<double> lengths;
  Place best;
  std::vector<double> point = {}, gradient = {};
};

// In units of the lengths, in which each coordinate matters as much.
double fall_and_slope(unsigned, const double* at, double* gradient, void* given) {
  auto& search = *static_cast<Uphill*>(given);
  for (size_t i = 0; i < search.free.size(); ++i)
    search.point[search.free[i]] = std::clamp(at[i] * search.lengths[i], 0.0, 1.0);
  const double value = search.improvement.at(search.point, search.gradient);
  if (value > search.best.value) search.best = {search.point, value};
  for (size_t i = 0; gradient && i < search.free.size(); ++i)
    gradient[i] = -search.gradient[search.free[i]] * search.lengths[i];
  return -value;
}

void climb(const ExpectedImprovement& improvement, const std::vector<size_t>& free, int evaluations,
           Place& place) {
  if (free.empty()) return;
  Uphill search{improvement, free, {}, place, place.point, std::vector<double>(place.point.size())};
  std::vector<double> at, last;
  for (const size_t c : free) {
    const double length = 1 / std::sqrt(improvement.process.kernel().precision[c]);
    search.lengths.push_back(length);
    at.push_back(place.point[c] / length);
    last.push_back(1 / length);
  }
  nlopt_opt optimizer = nlopt_create(NLOPT_LD_LBFGS, static_cast<unsigned>(free.size()));
  nlopt_set_min_objective(optimizer, fall_and_slope, &search);
  nlopt_set_lower_bounds1(optimizer, 0);
  nlopt_set_upper_bounds(optimizer, last.data());
  nlopt_set_ftol_abs(optimizer, 1e-7);
  nlopt_set_maxeval(optimizer, evaluations);
  for (size_t i = 0; i < at.size(); ++i) at[i] = std::min(at[i], last[i]);
  double value = 0;
  nlopt_optimize(optimizer, at.data(), &value);
  nlopt_destroy(optimizer);
  place = std::move(search.best);
}

// The best among other steps of one axis; whether there is a better one.
bool step(const ExpectedImprovement& improvement, const std::vector<UnitAxis>& axes, size_t c,
          Place& place) {
  const UnitAxis& axis = axes[c];
  const int64_t count = *count_of(axis.distribution), now = step_of(axis, place.point[c]);
  std::vector<double> places;
  if (axis.choices > 0 || count <= kFewSteps) {
    for (int64_t other = 0; other < count; ++other)
      if (other != now) places.push_back(place_of_step(axis, other));
  } else {
    for (int64_t far = 1; far < count; far *= 2)
      for (const int64_t other : {now - far, now + far})
        if (0 <= other && other < count) places.push_back(place_of_step(axis, other));
  }
  PointRows rows;
  for (const double other : places) {
    rows.insert(rows.end(), place.point.begin(), place.point.end());
    rows[rows.size() - place.point.size() + c] = other;
  }
  const auto beliefs = improvement.process.believe(rows);
  bool better = false;
  for (size_t i = 0; i < places.size(); ++i) {
    const double value = improvement.at(beliefs[i]);
    if (!(value > place.value)) continue;
    better = true;
    place.value = value;
    place.point[c] = places[i];
  }
  return better;
}

void search_near(const ExpectedImprovement& improvement, const std::vector<UnitAxis>& axes,
                 int evaluations, Place& place) {
  std::vector<size_t> free, stepped;
  for (size_t c = 0; c < axes.size(); ++c) (is_continuous(axes[c]) ? free : stepped).push_back(c);
  for (int round = 0; round < 20; ++round) {
    climb(improvement, free, evaluations, place);
    bool better = false;
    for (const size_t c : stepped) better = step(improvement, axes, c, place) || better;
    if (!better) return;
  }
}

// Those that are compared exactly: all, or half of them with the greatest means.
PointRows screened(const GaussianProcess& process, const PointRows& rows, size_t d, size_t count) {
  if (count >= rows.size() / d) return rows;
  const auto means = process.means(rows);
  std::vector<size_t> order(means.size() - count / 2);
  for (size_t i = 0; i < order.size(); ++i) order[i] = count / 2 + i;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return means[a] > means[b]; });
  PointRows chosen(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(count / 2 * d));
  for (size_t i = 0; i < count - count / 2; ++i) {
    const auto from = rows.begin() + static_cast<std::ptrdiff_t>(order[i] * d);
    chosen.insert(chosen.end(), from, from + static_cast<std::ptrdiff_t>(d));
  }
  return chosen;
}

// The best place first, then others as often as they are good.
std::vector<Place> starts_among(std::vector<Place> places, size_t count, Random& random) {
  const auto best = std::max_element(places.begin(), places.end(),
                                     [](auto& a, auto& b) { return a.value < b.value; });
  std::vector<Place> starts = {*best};
  const double largest = best->value;
  places.erase(best);
  while (starts.size() < count) {
    double sum = 0;
    for (const Place& place : places) sum += portable_exp(place.value - largest);
    if (!(sum > 1e-300)) break;
    double left = random.uniform() * sum;
    size_t chosen = 0;
    while (chosen + 1 < places.size() &&
           (left -= portable_exp(places[chosen].value - largest)) >= 0)
      ++chosen;
    starts.push_back(places[chosen]);
    places.erase(places.begin() + static_cast<std::ptrdiff_t>(chosen));
  }
  return starts;
}

}  // namespace

std::vector<double> maximize(const ExpectedImprovement& improvement,
                             const std::vector<UnitAxis>& axes,
                             const std::vector<double>& incumbent, Random& random) {
  const size_t d = axes.size();
  const double few = std::min(1.0, 200.0 / static_cast<double>(improvement.process.size()));
  const auto compared = static_cast<size_t>(std::max(2048 * few * few, 64.0));
  const auto start_count = static_cast<size_t>(std::max(10 * few, 3.0));
  const int evaluations = std::max(static_cast<int>(120 * few * few), 12);
  const PointRows rows = screened(improvement.process,
                                  spread_points(axes, few < 1 ? 1024 : 2048, random), d, compared);
  const auto beliefs = improvement.process.believe(rows);
  std::vector<Place> places;
  for (size_t i = 0; i < beliefs.size(); ++i) {
    const auto from = rows.begin() + static_cast<std::ptrdiff_t>(i * d);
    places.push_back({{from, from + static_cast<std::ptrdiff_t>(d)}, improvement.at(beliefs[i])});
  }
  auto starts = starts_among(std::move(places), start_count - 1, random);
  starts.push_back({incumbent, improvement.at(improvement.process.believe(incumbent).front())});
  for (Place& start : starts) search_near(improvement, axes, evaluations, start);
  return std::max_element(starts.begin(), starts.end(),
                          [](auto& a, auto& b) { return a.value < b.value; })
      ->point;
}

}  // namespace tutti
