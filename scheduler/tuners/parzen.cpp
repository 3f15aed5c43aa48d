#include "scheduler/tuners/parzen.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "scheduler/tuners/portable_math.h"

// The loops that most of the time goes to, compiled for several instruction sets, of which the
// machine's best runs. None fuses a product with a sum, so that all give the same bits. Sanitizers
// are not ready when the choice is made.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
    defined(__GNUC__) && !defined(__clang__)
#define TUTTI_WIDEST_VECTORS __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define TUTTI_WIDEST_VECTORS
#endif

namespace tutti {
namespace {

constexpr double kSqrtTwoPi = 2.5066282746310002;
constexpr double kLeastMass = 1e-300;  // what has no logarithm; other kernels decide there
constexpr double kFarBelow = -500;     // as good as none, and no slow denormal number comes of it
constexpr double kNothing = 100;       // e to its negative, times any weights, is below an ulp
constexpr size_t kRecent = 25;         // trials that count fully
constexpr size_t kLanes = 8, kTile = 128;

double mass_within(const ParzenAxis& axis, double place, double sigma) {
  return normal_mass((axis.low - place) / sigma, (axis.high - place) / sigma);
}

// Older trials count less, in even steps from 1 / n.
std::vector<double> weights_by_age(size_t trials) {
  std::vector<double> weights(trials + 1, 1.0);  // the prior is the last
  if (trials > kRecent) {
    const size_t old = trials - kRecent;
    const double least = 1.0 / static_cast<double>(trials);
    for (size_t i = 0; i < old; ++i)
      weights[i] =
          old == 1 ? least
                   : least + (1 - least) * static_cast<double>(i) / static_cast<double>(old - 1);
  }
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights) weight /= sum;
  return weights;
}

// Sets each trial's: the larger gap to its neighbours; the first and the last have one.
void set_widths(const ParzenColumn& column, double* sigmas) {
  const ParzenAxis& axis = *column.axis;
  const size_t count = column.order.size();
  if (count == 0) return;
  const double range = axis.high - axis.low;
  const double least = range / std::min(100.0, static_cast<double>(count + 2));
  const auto trial = [&](size_t rank) { return static_cast<size_t>(column.order[rank]); };
  if (count == 1) {
    const double place = column.places[0];
    sigmas[0] = std::clamp(std::max(place - axis.low, axis.high - place), least, range);
    return;
  }
  double left = 0, place = column.places[trial(0)];
  for (size_t rank = 0; rank < count; ++rank) {
    const double next = column.places[trial(rank + 1 < count ? rank + 1 : rank)];
    const double right = next - place, gap = left > right ? left : right;
    sigmas[trial(rank)] = gap < least ? least : gap;  // no gap is wider than the range
    left = right, place = next;
  }
}

// row[k] += log density of kernel k, but for its scale.
TUTTI_WIDEST_VECTORS
void add_squares(const double* __restrict places, const double* __restrict half_precisions,
                 double place, size_t count, double* __restrict row) {
  for (size_t k = 0; k < count; ++k) {
    const double far = place - places[k];
    row[k] -= far * far * half_precisions[k];
  }
}

// The same of two axes at once, which spares the row.
TUTTI_WIDEST_VECTORS
void add_squares(const double* __restrict places, const double* __restrict half_precisions,
                 double place, const double* __restrict other_places,
                 const double* __restrict other_half_precisions, double other_place, size_t count,
                 double* __restrict row) {
  for (size_t k = 0; k < count; ++k) {
    const double far = place - places[k], other = other_place - other_places[k];
    row[k] -= far * far * half_precisions[k] + other * other * other_half_precisions[k];
  }
}

// In lanes, so that a sum's order is the same whatever the compiler vectorizes.
TUTTI_WIDEST_VECTORS
double greatest_of(const double* row, size_t count) {
  double greatest[kLanes];
  std::copy_n(row, kLanes, greatest);
  for (size_t k = 0; k < count; k += kLanes)
    for (size_t lane = 0; lane < kLanes; ++lane)
      greatest[lane] = greatest[lane] > row[k + lane] ? greatest[lane] : row[k + lane];
  return *std::max_element(greatest, greatest + kLanes);
}

TUTTI_WIDEST_VECTORS
int64_t count_above(const double* row, double limit, size_t count) {
  int64_t above = 0;
  for (size_t k = 0; k < count; ++k) above += row[k] > limit ? 1 : 0;
  return above;
}

// The sum of weights times e^(row - top).
TUTTI_WIDEST_VECTORS
double exponential_sum(const double* __restrict row, const double* __restrict weights, double top,
                       size_t count) {
  double terms[kTile], sums[kLanes] = {};
  for (size_t k = 0; k < count; ++k) {
    const double below = row[k] - top;
    terms[k] = weights[k] * portable_exp(below > kFarBelow ? below : kFarBelow);
  }
  for (size_t k = 0; k < count; k += kLanes)
    for (size_t lane = 0; lane < kLanes; ++lane) sums[lane] += terms[k + lane];
  return std::accumulate(sums, sums + kLanes, 0.0);
}

}  // namespace

// The logarithm of a sum of weights times exponentials, taken in tile by tile.
struct ParzenEstimator::LogSum {
  double top = -1e300, sum = 0;

  // Whether such terms are too small to change a bit of the sum.
  bool is_nothing(const double* row, size_t count) const {
    return count_above(row, top - kNothing, count) == 0;
  }
  void add(const double* row, const double* weights, size_t count) {
    const double before = top;
    top = std::max(top, greatest_of(row, count));
    sum = sum * portable_exp(before - top) + exponential_sum(row, weights, top, count);
  }
  double logarithm() const { return top + portable_log(std::max(sum, kLeastMass)); }
};

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

ParzenColumn parzen_column(const ParzenAxis& axis, std::vector<double> places) {
  std::vector<int> order(places.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return places[static_cast<size_t>(a)] < places[static_cast<size_t>(b)];
  });
  return {&axis, std::move(places), std::move(order)};
}

ParzenEstimator::ParzenEstimator(std::vector<ParzenColumn> columns)
    : trials_(columns.front().places.size()),
      padded_((trials_ + kLanes) / kLanes * kLanes),
      weights_(weights_by_age(trials_)),
      log_scales_(padded_) {
  weights_.resize(padded_);
  std::fill(log_scales_.begin() + static_cast<int64_t>(trials_) + 1, log_scales_.end(), 1e6);
  for (auto& column : columns) {
    column.places.reserve(padded_);
    if (column.axis->choices > 0)
      axes_.push_back({column.axis, std::move(column.places), {}, {}, {}});
    else
      add_numbers(column);
    axes_.back().places.resize(padded_);
  }
}

void ParzenEstimator::add_numbers(ParzenColumn& column) {
  const ParzenAxis& axis = *column.axis;
  std::vector<double> sigmas(padded_, 1), half_precisions(padded_);
  set_widths(column, sigmas.data());
  sigmas[trials_] = axis.high - axis.low;
  column.places.push_back((axis.low + axis.high) / 2);
  column.order.push_back(static_cast<int>(trials_));
  const auto measure = [&](size_t k, KernelWidth& width) {
    if (width.sigma != sigmas[k]) {
      const double sigma = sigmas[k], mass = mass_within(axis, column.places[k], sigma);
      const double scale = axis.step > 0 ? mass : mass * sigma * kSqrtTwoPi;
      width = {sigma, portable_log(scale), 0.5 / (sigma * sigma)};
    }
    half_precisions[k] = width.half_precision;
    log_scales_[k] += width.log_scale;
  };
  for (size_t k = 0; k < trials_ && column.widths; ++k)
    measure(k, column.widths[static_cast<size_t>(column.trials[k])]);
  for (size_t k = column.widths ? trials_ : 0; k <= trials_; ++k) {
    KernelWidth once;
    measure(k, once);
  }
  axes_.push_back({&axis, std::move(column.places), std::move(sigmas), std::move(half_precisions),
                   std::move(column.order)});
}

double ParzenEstimator::draw(const Kernels& kernels, size_t kernel, Random& random) const {
  const ParzenAxis& axis = *kernels.axis;
  if (axis.choices > 0) {
    if (kernel == trials_)
      return static_cast<double>(random.below(static_cast<uint64_t>(axis.choices)));
    // The observed choice has weight 1 besides the share that each has.
    const double share = 1 / static_cast<double>(trials_ + 1);
    const double u = random.uniform() * (1 + axis.choices * share);
    return u < 1 ? kernels.places[kernel] : std::min(std::floor((u - 1) / share), axis.last);
  }
  for (;;) {  // at least a third of a kernel is within the bounds
    const double place = kernels.places[kernel] + kernels.sigmas[kernel] * random.normal();
    if (axis.low <= place && place <= axis.high) return axis.number_of(place);
  }
}

Candidates ParzenEstimator::sample(Random& random, int count) const {
  Candidates candidates(axes_.size());
  for (int i = 0; i < count; ++i) {
    double u = random.uniform();
    size_t kernel = 0;
    while (kernel < trials_ && u >= weights_[kernel]) u -= weights_[kernel++];
    for (size_t a = 0; a < axes_.size(); ++a)
      candidates[a].push_back(draw(axes_[a], kernel, random));
  }
  return candidates;
}

std::vector<double> ParzenEstimator::logs_of_choice(const Kernels& kernels, double choice) const {
  const double choices = kernels.axis->choices, share = 1 / static_cast<double>(trials_ + 1);
  const double all = portable_log(1 + choices * share);
  const double other = portable_log(share) - all, observed = portable_log(1 + share) - all;
  std::vector<double> logs(padded_);
  for (size_t k = 0; k < trials_; ++k) logs[k] = kernels.places[k] == choice ? observed : other;
  logs[trials_] = -portable_log(choices);
  return logs;
}

std::vector<double> ParzenEstimator::logs_of_cell(const Kernels& kernels, double number) const {
  const ParzenAxis& axis = *kernels.axis;
  const double left = axis.place_of(number - axis.step / 2);
  const double right = axis.place_of(number + axis.step / 2);
  std::vector<double> logs(padded_);
  size_t before = padded_;
  for (const int index : kernels.order) {  // where many trials have one value, their kernels agree
    const auto k = static_cast<size_t>(index);
    const double place = kernels.places[k], sigma = kernels.sigmas[k];
    if (before < padded_ && place == kernels.places[before] && sigma == kernels.sigmas[before]) {
      logs[k] = logs[before];
    } else {
      const double mass = normal_mass((left - place) / sigma, (right - place) / sigma);
      logs[k] = portable_log(std::max(mass, kLeastMass));
    }
    before = k;
  }
  return logs;
}

void ParzenEstimator::add_tile(const Candidates& candidates, const Candidates& places,
                               const std::vector<LogsByNumber>& discrete, size_t c, size_t tile,
                               size_t end, LogSum& sum) const {
  double row[kTile];
  const size_t length = end - tile;
  for (size_t k = 0; k < length; ++k) row[k] = -log_scales_[tile + k];
  for (size_t a = 0; a < axes_.size(); ++a) {
    const Kernels& one = axes_[a];
    if (places[a].empty()) {
      const double* logs = &discrete[a].at(candidates[a][c])[tile];
      for (size_t k = 0; k < length; ++k) row[k] += logs[k];
    } else if (a + 1 < axes_.size() && !places[a + 1].empty()) {
      const Kernels& two = axes_[a + 1];
      add_squares(&one.places[tile], &one.half_precisions[tile], places[a][c], &two.places[tile],
                  &two.half_precisions[tile], places[a + 1][c], length, row);
      ++a;
    } else {
      add_squares(&one.places[tile], &one.half_precisions[tile], places[a][c], length, row);
    }
    // Nothing that is added later is above 0.
    if (sum.is_nothing(row, length)) return;
  }
  sum.add(row, &weights_[tile], length);
}

std::vector<double> ParzenEstimator::log_density(const Candidates& candidates) const {
  const size_t count = candidates.front().size();
  // What each kernel gives each number of an axis that has few.
  std::vector<LogsByNumber> discrete(axes_.size());
  std::vector<std::vector<double>> places(axes_.size());
  for (size_t a = 0; a < axes_.size(); ++a) {
    const ParzenAxis& axis = *axes_[a].axis;
    for (const double number : candidates[a])
      if (axis.choices == 0 && axis.step == 0)
        places[a].push_back(axis.place_of(number));
      else if (auto& logs = discrete[a][number]; logs.empty())
        logs = axis.choices > 0 ? logs_of_choice(axes_[a], number) : logs_of_cell(axes_[a], number);
  }
  std::vector<LogSum> sums(count);
  // The prior is in the last tile: after it, most tiles of points far away are nothing beside it.
  for (size_t end = padded_; end > 0;) {
    const size_t tile = (end - 1) / kTile * kTile;
    for (size_t c = 0; c < count; ++c)
      add_tile(candidates, places, discrete, c, tile, end, sums[c]);
    end = tile;
  }
  std::vector<double> densities;
  for (const LogSum& sum : sums) densities.push_back(sum.logarithm());
  return densities;
}

}  // namespace tutti
