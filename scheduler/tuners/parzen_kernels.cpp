#include "scheduler/tuners/parzen_kernels.h"

#include <algorithm>
#include <cmath>

#include "core/base/random.h"
#include "scheduler/tuners/portable_math.h"

namespace tutti {
namespace {

constexpr double kSqrtTwoPi = 2.5066282746310002;
constexpr double kLeastMass = 1e-300;  // what has no logarithm; other kernels decide there

// How many numbers there are of so many trials, the prior, and zeros.
size_t padded(size_t trials) {
  return (trials + ParzenKernels::kLanes) / ParzenKernels::kLanes * ParzenKernels::kLanes;
}

}  // namespace

ParzenAxis::ParzenAxis(const Distribution& distribution) {
  if (const auto* d = std::get_if<CategoricalDistribution>(&distribution)) {
    choices = static_cast<int>(d->choices.size());
    last = choices - 1;
    return;
  }
  if (const auto* d = std::get_if<IntDistribution>(&distribution)) {
    log = d->log;
    first = static_cast<double>(d->low), last = static_cast<double>(d->high);
    step = static_cast<double>(d->step);
  } else {
    const auto& real = std::get<FloatDistribution>(distribution);
    log = real.log;
    first = real.low, last = real.high;
    step = real.step.value_or(0);
  }
  low = place_of(first - step / 2);
  high = place_of(last + step / 2);
}

double ParzenAxis::place_of(double number) const { return log ? portable_log(number) : number; }

double ParzenAxis::number_of(double place) const {
  const double number = log ? portable_exp(place) : place;
  const double nearest = step == 0 ? number : first + std::round((number - first) / step) * step;
  return std::clamp(nearest, first, last);
}

ParzenKernels::ParzenKernels(const ParzenAxis& axis)
    : axis_(axis), places_(kLanes), sigmas_(kLanes), half_precisions_(kLanes), log_scales_(kLanes) {
  if (axis.choices > 0) return;
  places_[0] = (axis.low + axis.high) / 2;
  measure(0, axis.high - axis.low);
}

void ParzenKernels::measure(size_t kernel, double sigma) {
  const double place = places_[kernel];
  const double mass = normal_mass((axis_.low - place) / sigma, (axis_.high - place) / sigma);
  sigmas_[kernel] = sigma;
  half_precisions_[kernel] = 0.5 / (sigma * sigma);
  log_scales_[kernel] = portable_log(axis_.step > 0 ? mass : mass * sigma * kSqrtTwoPi);
}

// Where a trial is in the order, or belongs.
size_t ParzenKernels::rank_of(size_t trial) const {
  const auto before = [&](int one, int other) {
    const double place = places_[static_cast<size_t>(one)];
    const double its = places_[static_cast<size_t>(other)];
    return place < its || (place == its && one < other);
  };
  const auto at = std::lower_bound(order_.begin(), order_.end(), static_cast<int>(trial), before);
  return static_cast<size_t>(at - order_.begin());
}

void ParzenKernels::insert(size_t trial, double place) {
  const auto at = static_cast<int64_t>(trial);
  places_.insert(places_.begin() + at, place);
  sigmas_.insert(sigmas_.begin() + at, -1);  // none yet; what settles gives it one
  half_precisions_.insert(half_precisions_.begin() + at, 0);
  log_scales_.insert(log_scales_.begin() + at, 0);
  ++trials_;
  for (auto* numbers : {&places_, &sigmas_, &half_precisions_, &log_scales_})
    numbers->resize(padded(trials_));
  const auto index = static_cast<int>(trial);
  if (trial + 1 < trials_)
    for (int& other : order_) other += other >= index ? 1 : 0;
  const size_t rank = rank_of(trial);
  order_.insert(order_.begin() + static_cast<int64_t>(rank), index);
  stale_from_ = std::min(stale_from_, rank > 0 ? rank - 1 : 0);
  stale_to_ = std::max(stale_to_ + 1, rank + 2);
}

void ParzenKernels::erase(size_t trial) {
  const size_t rank = rank_of(trial);
  order_.erase(order_.begin() + static_cast<int64_t>(rank));
  stale_from_ = std::min(stale_from_, rank > 0 ? rank - 1 : 0);
  stale_to_ = std::max(stale_to_, rank + 1);
  const auto index = static_cast<int>(trial);
  for (int& other : order_) other -= other > index ? 1 : 0;
  --trials_;
  for (auto* numbers : {&places_, &sigmas_, &half_precisions_, &log_scales_}) {
    numbers->erase(numbers->begin() + static_cast<int64_t>(trial));
    numbers->resize(padded(trials_));
  }
}

// A width is the larger gap to the neighbours; the first and the last have one.
void ParzenKernels::settle() {
  if (axis_.choices > 0) return;
  const double range = axis_.high - axis_.low;
  const double least = range / std::min(100.0, static_cast<double>(trials_ + 2));
  if (least != least_) stale_from_ = 0, stale_to_ = trials_;
  least_ = least;
  const auto place = [&](size_t rank) { return places_[static_cast<size_t>(order_[rank])]; };
  for (size_t rank = stale_from_; rank < std::min(stale_to_, trials_); ++rank) {
    const double here = place(rank);
    const double left = rank > 0 ? here - place(rank - 1) : 0;
    const double right = rank + 1 < trials_ ? place(rank + 1) - here : 0;
    const double gap =
        trials_ == 1 ? std::max(here - axis_.low, axis_.high - here) : std::max(left, right);
    const double sigma = std::clamp(gap, least, range);
    const auto kernel = static_cast<size_t>(order_[rank]);
    if (sigma != sigmas_[kernel]) measure(kernel, sigma);
  }
  stale_from_ = trials_, stale_to_ = 0;
}

std::vector<double> ParzenKernels::logs_of(double number) const {
  return axis_.choices > 0 ? logs_of_choice(number) : logs_of_cell(number);
}

std::vector<double> ParzenKernels::logs_of_choice(double choice) const {
  const double choices = axis_.choices, share = 1 / static_cast<double>(trials_ + 1);
  const double all = portable_log(1 + choices * share);
  const double other = portable_log(share) - all, observed = portable_log(1 + share) - all;
  std::vector<double> logs(places_.size());
  for (size_t k = 0; k < trials_; ++k) logs[k] = places_[k] == choice ? observed : other;
  logs[trials_] = -portable_log(choices);
  return logs;
}

std::vector<double> ParzenKernels::logs_of_cell(double number) const {
  const double left = axis_.place_of(number - axis_.step / 2);
  const double right = axis_.place_of(number + axis_.step / 2);
  std::vector<double> logs(places_.size());
  const auto log_of = [&](size_t k) {
    const double mass =
        normal_mass((left - places_[k]) / sigmas_[k], (right - places_[k]) / sigmas_[k]);
    return portable_log(std::max(mass, kLeastMass));
  };
  size_t before = trials_;
  logs[trials_] = log_of(trials_);
  for (const int index : order_) {  // where many trials have one value, their kernels agree
    const auto k = static_cast<size_t>(index);
    const bool same = places_[k] == places_[before] && sigmas_[k] == sigmas_[before];
    logs[k] = same ? logs[before] : log_of(k);
    before = k;
  }
  return logs;
}

}  // namespace tutti
