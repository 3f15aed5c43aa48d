#include "scheduler/tuners/cma_es.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace tutti {
namespace {

// A point computed again on another machine may differ in its last bits.
constexpr double kSamePlace = 1e-7;

Random normals_of(const Question& question, int64_t number) {
  return Question{question.space, question.study, number, question.seed}.random();
}

}  // namespace

CmaEs::CmaEs(Options options) : options_(options) {
  if (options_.n_startup_trials < 0)
    fail("CMA-ES", "n_startup_trials is {}; use 0 or more", options_.n_startup_trials);
  if (options_.popsize != 0 && options_.popsize < 4)
    fail("CMA-ES", "popsize is {}; use 4 or more, or 0 for 4 + floor(3 ln n)", options_.popsize);
}

void CmaEs::restart(const SearchSpace& space) {
  names_.clear();
  axes_.clear();
  generation_.clear();
  distribution_.reset();
  complete_ = 0;
  std::vector<int64_t> cells;
  for (const Hyperparameter* hyperparameter : common_hyperparameters(space, true)) {
    names_.push_back(hyperparameter->name);
    axes_.emplace_back(hyperparameter->distribution);
    cells.push_back(options_.with_margin ? axes_.back().cells : 0);
  }
  if (!axes_.empty()) distribution_.emplace(std::move(cells), options_.popsize);
}

bool CmaEs::is_drawn(const Trial& trial, const CmaDistribution::Draw& draw) const {
  for (size_t i = 0; i < axes_.size(); ++i) {
    const auto number = trial.point.find(names_[i]);
    if (number == trial.point.end()) return false;
    const double place = axes_[i].place_of(axes_[i].number_of(draw.place[i]));
    if (!(std::abs(axes_[i].place_of(number->second) - place) < kSamePlace)) return false;
  }
  return true;
}

void CmaEs::learn(const Question& question, const Trial& trial) {
  const bool pruned = trial.state == TrialState::pruned && !trial.intermediate.empty() &&
                      options_.consider_pruned_trials;
  if (trial.state != TrialState::complete && !pruned) return;
  ++complete_;
  if (!distribution_) return;
  Random random = normals_of(question, trial.number);
  auto draw = distribution_->draw(random);
  if (!is_drawn(trial, draw)) return;
  generation_.push_back({loss_of_trial(question.study, trial), std::move(draw.raw)});
  if (generation_.size() < static_cast<size_t>(distribution_->population())) return;
  std::stable_sort(generation_.begin(), generation_.end(),
                   [](const Solution& a, const Solution& b) { return a.loss < b.loss; });
  std::vector<std::vector<double>> raw;
  for (auto& solution : generation_) raw.push_back(std::move(solution.raw));
  distribution_->update(raw);
  generation_.clear();
}

std::optional<Suggestion> CmaEs::suggest(const Question& question) {
  if (!seen_.are_those_of(question)) restart(question.space);
  const auto& finished = question.study.finished;
  for (size_t i = seen_.count(); i < finished.size(); ++i) {
    const Trial& trial = question.study.trials[static_cast<size_t>(finished[i])];
    learn(question, trial);
    seen_.add(trial);
  }
  Point learned;
  if (distribution_ && complete_ >= options_.n_startup_trials) {
    Random random = normals_of(question, question.number);
    const auto draw = distribution_->draw(random);
    for (size_t i = 0; i < axes_.size(); ++i)
      learned[names_[i]] = axes_[i].number_of(draw.place[i]);
  }
  Random random = question.random(1);
  return Suggestion{random_point(question.space, random, learned)};
}

TUTTI_REGISTER(Tuner, CmaEs, "CmaEs",
               "covariance matrix adaptation evolution strategy, for many numbers")
    .argument("n_startup_trials", &CmaEsOptions::n_startup_trials,
              "random trials that must be complete before")
    .argument("popsize", &CmaEsOptions::popsize, "trials of a generation; 0: 4 + floor(3 ln n)")
    .argument("with_margin", &CmaEsOptions::with_margin,
              "numbers in steps never stay at one value for good")
    .argument("consider_pruned_trials", &CmaEsOptions::consider_pruned_trials,
              "learn from pruned trials too, by their last report")
    .alias("CMA-ES");

}  // namespace tutti
