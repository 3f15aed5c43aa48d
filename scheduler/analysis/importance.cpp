#include "scheduler/analysis/importance.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

#include "scheduler/tuners/portable_math.h"

namespace tutti {
namespace {

constexpr double kBest = 0.1;       // the share of trials that are the best ones
constexpr int64_t kMostCells = 50;  // that a range is divided into
constexpr size_t kLeastTrials = 2;  // that have a range, for it to count
constexpr double kLeastDensity = 1e-12;
constexpr double kLeastWidth = 0.5 / 1.64;  // of a kernel, in cells

using Trials = std::vector<const Trial*>;

// How many trials lie in each cell of a hyperparameter's range: a choice's index, or the nearest of
// numbers (or logarithms) that are evenly apart.
class Cells {
 public:
  explicit Cells(const Distribution& distribution)
      : categorical_(std::holds_alternative<CategoricalDistribution>(distribution)) {
    const auto count = count_of(distribution);
    cells_ = count ? std::min(*count, kMostCells) : kMostCells;
    if (categorical_) {
      cells_ = *count;
      return;
    }
    const auto edges = edges_of(distribution);
    low_ = edges.front(), high_ = edges.back();
    if (const auto* integers = std::get_if<IntDistribution>(&distribution)) {
      log_ = integers->log;
      if (log_) {
        const double doublings = std::ceil(std::log(high_ - low_ + 1) / std::log(2.0));
        cells_ = std::min(static_cast<int64_t>(doublings) + 1, kMostCells);
      }
    } else {
      log_ = std::get<FloatDistribution>(distribution).log;
    }
    if (log_) low_ = std::log(low_), high_ = std::log(high_);
  }

  std::vector<double> counts(const std::string& name, const Trials& trials) const {
    std::vector<double> counts(static_cast<size_t>(cells_));
    for (const Trial* trial : trials) ++counts[cell_of(trial->point.at(name))];
    return counts;
  }
  bool categorical() const { return categorical_; }

 private:
  size_t cell_of(double number) const {
    if (categorical_) return static_cast<size_t>(number);
    const double step = (high_ - low_) / static_cast<double>(cells_ - 1);
    const double cell = std::ceil(((log_ ? std::log(number) : number) - low_) / step - 0.5);
    return static_cast<size_t>(std::clamp(cell, 0.0, static_cast<double>(cells_ - 1)));
  }

  bool categorical_ = false, log_ = false;
  int64_t cells_ = 0;
  double low_ = 0, high_ = 0;
};

// The width of the kernels by Scott's rule (D. W. Scott, "Multivariate density estimation", 1992),
// of the spread or the quartiles, whichever is less.
double kernel_width(const std::vector<double>& counts) {
  double sum = 0, mean = 0, squares = 0;
  std::vector<double> places, below;  // cells with trials, and how many trials are up to there
  for (size_t cell = 0; cell < counts.size(); ++cell) {
    if (counts[cell] == 0) continue;
    sum += counts[cell];
    mean += counts[cell] * static_cast<double>(cell);
    places.push_back(static_cast<double>(cell));
    below.push_back(sum);
  }
  mean /= sum;
  for (size_t cell = 0; cell < counts.size(); ++cell)
    squares += counts[cell] * std::pow(static_cast<double>(cell) - mean, 2);
  const double spread = std::sqrt(squares / std::max(1.0, sum - 1));
  const auto first = std::lower_bound(below.begin(), below.end(), std::floor(sum / 4));
  const auto third = std::upper_bound(below.begin(), below.end(), std::floor(sum * 3 / 4));
  const auto last = std::min(third - below.begin(), static_cast<std::ptrdiff_t>(below.size()) - 1);
  const double quartiles =
      places[static_cast<size_t>(last)] - places[static_cast<size_t>(first - below.begin())];
  const double width = 1.059 * std::min(quartiles / 1.34, spread) * std::pow(sum, -0.2);
  return std::max(width, kLeastWidth);
}

// What a normal kernel gives each of `cells` cells, where it is cut at the ends.
void add_kernel(double place, double width, double weight, std::vector<double>& density) {
  const auto cells = static_cast<double>(density.size());
  const double whole = normal_mass((-0.5 - place) / width, (cells - 0.5 - place) / width);
  for (size_t cell = 0; cell < density.size(); ++cell) {
    const double from = static_cast<double>(cell) - 0.5 - place;
    density[cell] += weight * normal_mass(from / width, (from + 1) / width) / whole;
  }
}

// The share of each cell by a kernel for each trial, and one that is as wide as the range.
std::vector<double> density_of(const std::vector<double>& counts, bool categorical) {
  const auto cells = static_cast<double>(counts.size());
  const double trials = std::accumulate(counts.begin(), counts.end(), 0.0);
  const double weight = 1 / (trials + 1);
  std::vector<double> density(counts.size());
  if (categorical) {
    // All trials of a choice share one kernel, as their cells do.
    const double kinds = static_cast<double>(
        std::count_if(counts.begin(), counts.end(), [](double count) { return count > 0; }));
    const double every = 1 / (kinds + 1), whole = 1 + cells * every;
    for (size_t cell = 0; cell < counts.size(); ++cell)
      density[cell] = weight * ((counts[cell] + trials * every) / whole + 1 / cells);
  } else {
    const double width = kernel_width(counts);
    for (size_t cell = 0; cell < counts.size(); ++cell)
      if (counts[cell] > 0)
        add_kernel(static_cast<double>(cell), width, counts[cell] * weight, density);
    add_kernel((cells - 1) / 2, cells, weight, density);
  }
  for (double& share : density) share += kLeastDensity;
  return density;
}

// Pearson's divergence of the best trials' density from that of all.
double divergence(const std::string& name, const Distribution& range, const Trials& best,
                  const Trials& all) {
  const Cells cells(range);
  const auto top = density_of(cells.counts(name, best), cells.categorical());
  const auto whole = density_of(cells.counts(name, all), cells.categorical());
  double sum = 0;
  for (size_t cell = 0; cell < top.size(); ++cell)
    sum += whole[cell] * std::pow(top[cell] / whole[cell] - 1, 2);
  return sum;
}

Trials best_of(const StudyRecord& study, const Trials& all, size_t objective) {
  const auto loss = [&](const Trial* trial) {
    return loss_of(study.directions[objective], trial->values[objective]);
  };
  std::vector<double> losses;
  for (const Trial* trial : all) losses.push_back(loss(trial));
  const double count = std::ceil(kBest * static_cast<double>(all.size()));
  const auto cut = losses.begin() + static_cast<std::ptrdiff_t>(count) - 1;
  std::nth_element(losses.begin(), cut, losses.end());
  Trials best;
  for (const Trial* trial : all)
    if (loss(trial) <= *cut) best.push_back(trial);
  return best;
}

// The trials by the range that the hyperparameter has in them.
std::vector<std::pair<const Distribution*, Trials>> by_range(const std::string& name,
                                                             const Trials& trials) {
  std::vector<std::pair<const Distribution*, Trials>> ranges;
  for (const Trial* trial : trials) {
    const auto found = trial->distributions.find(name);
    if (found == trial->distributions.end()) continue;
    auto range = std::find_if(ranges.begin(), ranges.end(),
                              [&](const auto& known) { return *known.first == found->second; });
    if (range == ranges.end()) range = ranges.insert(range, {&found->second, {}});
    range->second.push_back(trial);
  }
  return ranges;
}

double weight_of(const std::string& name, const Trials& best, const Trials& all) {
  double weight = 0;
  const auto of_best = by_range(name, best);
  for (const auto& [range, trials] : by_range(name, all)) {
    const auto top =
        std::find_if(of_best.begin(), of_best.end(),
                     [distribution = range](auto& each) { return *each.first == *distribution; });
    if (trials.size() < kLeastTrials || count_of(*range) == 1 || top == of_best.end()) continue;
    const double among_best =
        static_cast<double>(top->second.size()) / static_cast<double>(best.size());
    const double among_all = static_cast<double>(trials.size()) / static_cast<double>(all.size());
    weight += among_best * among_best / among_all * divergence(name, *range, top->second, trials);
  }
  return weight;
}

}  // namespace

std::vector<Importance> importance_of(const StudyRecord& study, size_t objective) {
  Trials all;
  std::vector<Importance> importances;
  for (const Trial& trial : study.trials) {
    if (trial.state != TrialState::complete || objective >= trial.values.size() ||
        !std::isfinite(trial.values[objective]))
      continue;
    all.push_back(&trial);
    for (const auto& [name, range] : trial.distributions)
      if (std::ranges::find(importances, name, &Importance::name) == importances.end())
        importances.push_back({name});
  }
  if (all.size() < kLeastTrials) return {};
  const Trials best = best_of(study, all, objective);
  if (best.size() == all.size()) return {};
  double sum = 0;
  for (Importance& each : importances) sum += each.share = weight_of(each.name, best, all);
  if (sum == 0) return {};
  for (Importance& each : importances) each.share /= sum;
  std::ranges::stable_sort(importances, std::greater(), &Importance::share);
  return importances;
}

}  // namespace tutti
