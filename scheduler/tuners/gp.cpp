#include "scheduler/tuners/gp.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "scheduler/tuners/expected_improvement.h"

namespace tutti {
namespace {

constexpr size_t kFittedTrials = 256;
constexpr size_t kFantasies = 32;

// How many of `count` trials the kernel is fitted on.
size_t fit_count(size_t count) {
  size_t fitted = std::min<size_t>(count, 100);
  while (fitted + fitted / 20 <= count && fitted >= 100) fitted += fitted / 20;
  return fitted;
}

// With mean 0 and deviation 1; what is not finite as bad or as good as the worst or the best.
std::vector<double> standardized(std::vector<double> scores) {
  double least = std::numeric_limits<double>::infinity(), most = -least;
  for (const double score : scores) {
    if (!std::isfinite(score)) continue;
    least = std::min(least, score);
    most = std::max(most, score);
  }
  if (least > most) least = most = 0;
  // By the largest first, so that squares stay finite.
  const double scale = std::max({std::abs(least), std::abs(most), 1e-300});
  const double count = static_cast<double>(scores.size());
  double mean = 0, variance = 0;
  for (double& score : scores) mean += (score = std::clamp(score, least, most) / scale) / count;
  for (const double score : scores) variance += (score - mean) * (score - mean) / count;
  const double deviation = std::max(std::sqrt(variance), 1e-12);
  for (double& score : scores) score = (score - mean) / deviation;
  return scores;
}

// Which trials the kernel is fitted on: half the best ones, half the others, evenly.
std::vector<size_t> fitted_trials(const std::vector<double>& scores) {
  std::vector<size_t> order(scores.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  if (order.size() <= kFittedTrials) return order;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  constexpr size_t kBest = kFittedTrials / 2;
  for (size_t i = 0; i < kFittedTrials - kBest; ++i)
    order[kBest + i] = order[kBest + i * (order.size() - kBest) / (kFittedTrials - kBest)];
  order.resize(kFittedTrials);
  std::sort(order.begin(), order.end());
  return order;
}

}  // namespace

Gp::Gp(Options options) : options_(options) {
  if (options_.n_startup_trials < 0)
    fail("GP", "n_startup_trials is {}; use 0 or more", options_.n_startup_trials);
}

std::vector<double> Gp::places_of(const Trial& trial) const {
  std::vector<double> places;
  for (size_t c = 0; c < axes_.size(); ++c) {
    const auto number = trial.point.find(names_[c]);
    if (number == trial.point.end() || !contains(axes_[c].distribution, number->second)) return {};
    places.push_back(axes_[c].place_of(number->second));
  }
  return places;
}

void Gp::learn(const Question& question) {
  if (!seen_.are_those_of(question)) {
    names_.clear();
    axes_.clear();
    is_choice_.clear();
    rows_.clear();
    scores_.clear();
    fitted_ = 0;
    for (const Hyperparameter* common : common_hyperparameters(question.space, false)) {
      names_.push_back(common->name);
      axes_.emplace_back(common->distribution);
      is_choice_.push_back(axes_.back().choices > 0);
    }
  }
  const auto& study = question.study;
  for (size_t i = seen_.count(); i < study.finished.size(); ++i) {
    const Trial& trial = study.trials[static_cast<size_t>(study.finished[i])];
    seen_.add(trial);
    if (trial.state != TrialState::complete) continue;
    const auto places = places_of(trial);
    if (places.empty()) continue;
    rows_.insert(rows_.end(), places.begin(), places.end());
    scores_.push_back(-loss_of_trial(study, trial));
  }
}

void Gp::fit() {
  const size_t d = axes_.size(), count = fit_count(scores_.size());
  if (count != fitted_) {
    const std::vector<double> scores(scores_.begin(),
                                     scores_.begin() + static_cast<std::ptrdiff_t>(count));
    PointRows rows;
    std::vector<double> values;
    for (const size_t i : fitted_trials(scores)) {
      rows.insert(rows.end(), rows_.begin() + static_cast<std::ptrdiff_t>(i * d),
                  rows_.begin() + static_cast<std::ptrdiff_t>((i + 1) * d));
      values.push_back(scores[i]);
    }
    process_ = GaussianProcess(fit_kernel(rows, standardized(std::move(values)), is_choice_,
                                          options_.deterministic_objective),
                               is_choice_);
    process_.extend({rows_.data(), count * d});
    fitted_ = count;
  }
  // One by one, so that the last bits do not depend on when this object was made.
  while (process_.size() < scores_.size()) process_.extend({rows_.data() + process_.size() * d, d});
}

std::vector<double> Gp::next_place(const Question& question) {
  fit();
  const auto scores = standardized(scores_);
  const size_t known = scores.size(), d = axes_.size();
  const auto best = std::max_element(scores.begin(), scores.end());
  const auto from = rows_.begin() + (best - scores.begin()) * static_cast<std::ptrdiff_t>(d);
  const std::vector<double> incumbent(from, from + static_cast<std::ptrdiff_t>(d));
  PointRows running;
  for (const Trial& trial : question.study.trials) {
    if (trial.state != TrialState::running || trial.number == question.number) continue;
    const auto places = places_of(trial);
    running.insert(running.end(), places.begin(), places.end());
  }
  Random random = question.random(2);
  process_.observe({scores});
  std::vector<std::vector<double>> columns(running.empty() ? 1 : kFantasies, scores);
  std::vector<double> bests;
  for (auto& column : columns) {
    std::vector<double> normals(running.size() / d);
    for (double& normal : normals) normal = random.normal();
    if (!running.empty()) {
      const auto imagined = process_.draw(running, normals);
      column.insert(column.end(), imagined.begin(), imagined.end());
    }
    bests.push_back(*std::max_element(column.begin(), column.end()));
  }
  if (!running.empty()) {
    process_.extend(running);
    process_.observe(columns);
  }
  const auto place = maximize({process_, bests}, axes_, incumbent, random);
  process_.keep(known);
  return place;
}

std::optional<Suggestion> Gp::suggest(const Question& question) {
  learn(question);
  Point learned;
  if (!axes_.empty() && !scores_.empty() &&
      scores_.size() >= static_cast<size_t>(options_.n_startup_trials)) {
    const auto place = next_place(question);
    for (size_t c = 0; c < axes_.size(); ++c) learned[names_[c]] = axes_[c].number_of(place[c]);
  }
  Random random = question.random(1);
  return Suggestion{random_point(question.space, random, learned)};
}

TUTTI_REGISTER(Tuner, Gp, "GP", "Bayesian optimization with a Gaussian process, for few trials")
    .argument("n_startup_trials", &GpOptions::n_startup_trials,
              "random trials before the process is trusted")
    .argument("deterministic_objective", &GpOptions::deterministic_objective,
              "trials of one point always give the same result")
    .alias("BayesianOptimization");

}  // namespace tutti
