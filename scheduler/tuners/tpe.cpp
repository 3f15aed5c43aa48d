#include "scheduler/tuners/tpe.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>

#include "core/base/error.h"

namespace tutti {
namespace {

constexpr uint8_t kGood = 0, kBad = 1, kUnused = 2;
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

// Optuna's: feasible complete trials by value, pruned ones by (later step, value), infeasible ones
// by violation; equal ones by age.
using Merit = std::tuple<int, double, double, size_t>;

Merit merit_of(const TrialTable::Row& row, size_t number) {
  if (row.violation > 0) return {2, row.violation, 0, number};
  if (row.state == TrialState::complete) return {0, row.value, 0, number};
  return {1, row.reported ? -row.step : 1, row.value, number};
}

size_t good_count(size_t finished) {
  return static_cast<size_t>(std::min(std::ceil(0.1 * static_cast<double>(finished)), 25.0));
}

}  // namespace

TPE::TPE(Options options) : options_(options) {
  if (options_.n_startup_trials < 0)
    fail("TPE", "n_startup_trials is {}; use 0 or more", options_.n_startup_trials);
  if (options_.n_ei_candidates < 1)
    fail("TPE", "n_ei_candidates is {}; use 1 or more", options_.n_ei_candidates);
}

// Which side each trial is on; none where there are too few trials.
std::vector<uint8_t> TPE::split(int64_t number) const {
  const auto& rows = table_.rows();
  std::vector<uint8_t> side(rows.size(), kUnused);
  size_t finished = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].pattern < 0 || static_cast<int64_t>(i) == number) continue;
    const bool running = rows[i].state == TrialState::running;
    if (!running || options_.constant_liar) side[i] = kBad;
    if (!running) ++finished;
  }
  if (finished < static_cast<size_t>(options_.n_startup_trials)) return {};
  const size_t count = good_count(finished);
  std::vector<Merit> good;  // a heap, its worst first
  for (size_t i = 0; i < rows.size() && count > 0; ++i) {
    if (side[i] != kBad || rows[i].state == TrialState::running) continue;
    const Merit merit = merit_of(rows[i], i);
    if (good.size() == count) {
      if (!(merit < good.front())) continue;
      std::pop_heap(good.begin(), good.end());
      good.pop_back();
    }
    good.push_back(merit);
    std::push_heap(good.begin(), good.end());
  }
  for (const Merit& merit : good) side[std::get<3>(merit)] = kGood;
  return side;
}

// Hyperparameters that are sampled together. With `group`, those that the same trials had; without,
// those that all trials had, and each other one by itself.
std::vector<std::vector<size_t>> TPE::groups(const SearchSpace& space) const {
  const size_t count = space.hyperparameters().size();
  std::map<std::vector<bool>, std::vector<size_t>> by_trials;
  std::vector<bool> finished(table_.patterns().size());
  for (const auto& row : table_.rows())
    if (row.pattern >= 0 && row.state != TrialState::running)
      finished[static_cast<size_t>(row.pattern)] = true;
  std::vector<std::vector<size_t>> groups;
  for (size_t h = 0; h < count; ++h) {
    if (count_of(space.hyperparameters()[h].distribution) == 1) continue;
    std::vector<bool> where;
    for (size_t p = 0; p < finished.size(); ++p)
      if (finished[p]) where.push_back(table_.patterns()[p][h]);
    const bool everywhere = std::find(where.begin(), where.end(), false) == where.end();
    const bool nowhere = std::find(where.begin(), where.end(), true) == where.end();
    if (!options_.multivariate || nowhere || (!options_.group && !everywhere))
      groups.push_back({h});
    else
      by_trials[where].push_back(h);
  }
  for (auto& [where, group] : by_trials) groups.push_back(std::move(group));
  return groups;
}

void TPE::sample(const Question& question, std::span<const uint8_t> split,
                 const std::vector<size_t>& group, std::vector<double>& numbers) {
  std::vector<bool> complete;
  for (const auto& pattern : table_.patterns())
    complete.push_back(
        std::all_of(group.begin(), group.end(), [&](size_t h) { return pattern[h]; }));
  std::vector<uint8_t> side(split.begin(), split.end());
  for (size_t i = 0; i < side.size(); ++i)
    if (side[i] != kUnused && !complete[static_cast<size_t>(table_.rows()[i].pattern)])
      side[i] = kUnused;
  auto& [good, bad] = table_.densities(group, side);
  Random random = question.random(static_cast<uint32_t>(group.front()) + 1);
  const Candidates candidates = good.sample(random, options_.n_ei_candidates);
  const auto in_good = good.log_density(candidates), in_bad = bad.log_density(candidates);
  size_t best = 0;
  for (size_t c = 1; c < in_good.size(); ++c)
    if (in_good[c] - in_bad[c] > in_good[best] - in_bad[best]) best = c;
  for (size_t i = 0; i < group.size(); ++i) numbers[group[i]] = candidates[i][best];
}

std::optional<Suggestion> TPE::suggest(const Question& question) {
  table_.update(question.space, question.study);
  const auto side = split(question.number);
  Random random = question.random();
  const auto& hyperparameters = question.space.hyperparameters();
  if (side.empty()) return Suggestion{random_point(question.space, random)};
  const auto all_groups = groups(question.space);
  std::vector<double> numbers(hyperparameters.size(), kUnknown);
  Suggestion suggestion;
  for (size_t h = 0; h < hyperparameters.size(); ++h) {
    if (!question.space.active(hyperparameters[h], suggestion.point)) continue;
    for (const auto& group : all_groups)
      if (std::isnan(numbers[h]) && std::find(group.begin(), group.end(), h) != group.end())
        sample(question, side, group, numbers);
    suggestion.point[hyperparameters[h].name] =
        std::isnan(numbers[h]) ? number_at(hyperparameters[h].distribution, 0) : numbers[h];
  }
  return suggestion;
}

TUTTI_REGISTER(Tuner, TPE, "TPE", "tree-structured Parzen estimator, as Optuna 5 has it")
    .argument("n_startup_trials", &TPEOptions::n_startup_trials,
              "random trials before the densities are trusted")
    .argument("n_ei_candidates", &TPEOptions::n_ei_candidates,
              "points that are drawn, of which the best is taken")
    .argument("multivariate", &TPEOptions::multivariate,
              "hyperparameters together; false: each by itself")
    .argument("group", &TPEOptions::group,
              "those together that the same trials had, where some have conditions")
    .argument("constant_liar", &TPEOptions::constant_liar, "running trials count as bad ones");

}  // namespace tutti
