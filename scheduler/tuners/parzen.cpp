#include "scheduler/tuners/parzen.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "scheduler/tuners/portable_math.h"

namespace tutti {
namespace {

constexpr double kLeastSum = 1e-300;  // what has no logarithm
constexpr double kFarBelow = -500;    // as good as none, and no slow denormal number comes of it
constexpr double kNothing = 100;      // e to its negative, times any weights, is below an ulp
constexpr double kNoKernel = -1e6;    // the logarithm of the density of padding
constexpr size_t kRecent = 25;        // trials that count fully
constexpr size_t kLanes = ParzenKernels::kLanes, kTile = 128;

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

// What an axis adds to the log density of each kernel at a candidate: logs, or the square of how
// far the candidate's place is.
struct AxisPart {
  const double* logs = nullptr;
  const double* places = nullptr;
  const double* half_precisions = nullptr;
  double place = 0;

  double square(size_t kernel) const {
    const double far = place - places[kernel];
    return far * far * half_precisions[kernel];
  }
};

// row[k] += part(k) for some kernels, of which it counts those that are above the limit then.
template <typename Part>
inline int64_t add_part(double* row, size_t count, double limit, const Part& part) {
  int64_t above = 0;
  for (size_t k = 0; k < count; ++k) {
    row[k] += part(k);
    above += row[k] > limit ? 1 : 0;
  }
  return above;
}

// In lanes, so that a sum's order is the same whatever the compiler vectorizes.
inline double greatest_of(const double* row, size_t count) {
  double greatest[kLanes];
  std::copy_n(row, kLanes, greatest);
  for (size_t k = 0; k < count; k += kLanes)
    for (size_t lane = 0; lane < kLanes; ++lane)
      greatest[lane] = greatest[lane] > row[k + lane] ? greatest[lane] : row[k + lane];
  return *std::max_element(greatest, greatest + kLanes);
}

// The sum of weights times e^(row - top).
inline double exponential_sum(const double* row, const double* weights, double top, size_t count) {
  double terms[kTile], sums[kLanes] = {};
  for (size_t k = 0; k < count; ++k) {
    const double below = row[k] - top;
    terms[k] = weights[k] * portable_exp(below > kFarBelow ? below : kFarBelow);
  }
  for (size_t k = 0; k < count; k += kLanes)
    for (size_t lane = 0; lane < kLanes; ++lane) sums[lane] += terms[k + lane];
  return std::accumulate(sums, sums + kLanes, 0.0);
}

// The logarithm of a sum of weights times exponentials, taken in tile by tile.
struct LogSum {
  double top = -1e300, sum = 0;
  double logarithm() const { return top + portable_log(std::max(sum, kLeastSum)); }
};

// Adds the kernels from `tile` on to a candidate's sum, given its part by axis.
TUTTI_WIDEST_VECTORS
void add_tile(const AxisPart* parts, size_t axes, const double* bases, const double* weights,
              size_t tile, size_t count, LogSum& sum) {
  double row[kTile];
  std::copy_n(bases + tile, count, row);
  // Terms below it are too small to change a bit of the sum, and no part is above 0.
  const double limit = sum.top - kNothing;
  for (size_t a = 0; a < axes; ++a) {
    int64_t above = 0;
    const AxisPart one = parts[a];
    if (one.logs) {
      above = add_part(row, count, limit, [=](size_t k) { return one.logs[tile + k]; });
    } else if (a + 1 < axes && !parts[a + 1].logs) {  // two at once spare the row
      const AxisPart two = parts[++a];
      above = add_part(row, count, limit,
                       [=](size_t k) { return -(one.square(tile + k) + two.square(tile + k)); });
    } else {
      above = add_part(row, count, limit, [=](size_t k) { return -one.square(tile + k); });
    }
    if (above == 0) return;
  }
  const double top = std::max(sum.top, greatest_of(row, count));
  sum.sum =
      sum.sum * portable_exp(sum.top - top) + exponential_sum(row, weights + tile, top, count);
  sum.top = top;
}

}  // namespace

ParzenEstimator::ParzenEstimator(const std::vector<ParzenAxis>& axes)
    : axes_(axes.begin(), axes.end()) {}

void ParzenEstimator::insert(size_t trial, std::span<const double> places) {
  for (size_t a = 0; a < axes_.size(); ++a) axes_[a].insert(trial, places[a]);
  ++trials_;
  settled_ = false;
}

void ParzenEstimator::erase(size_t trial) {
  for (ParzenKernels& kernels : axes_) kernels.erase(trial);
  --trials_;
  settled_ = false;
}

void ParzenEstimator::settle() {
  if (settled_) return;
  settled_ = true;
  weights_ = weights_by_age(trials_);
  bases_.assign(trials_ + 1, 0);
  for (ParzenKernels& kernels : axes_) {
    kernels.settle();
    const double* log_scales = kernels.log_scales().data();
    for (size_t k = 0; k <= trials_; ++k) bases_[k] -= log_scales[k];
  }
  weights_.resize(axes_.front().places().size());
  bases_.resize(weights_.size(), kNoKernel);
}

double ParzenEstimator::draw(const ParzenKernels& kernels, size_t kernel, Random& random) const {
  const ParzenAxis& axis = kernels.axis();
  if (axis.choices > 0) {
    if (kernel == trials_)
      return static_cast<double>(random.below(static_cast<uint64_t>(axis.choices)));
    // The observed choice has weight 1 besides the share that each has.
    const double share = 1 / static_cast<double>(trials_ + 1);
    const double u = random.uniform() * (1 + axis.choices * share);
    return u < 1 ? kernels.places()[kernel] : std::min(std::floor((u - 1) / share), axis.last);
  }
  for (;;) {  // at least a third of a kernel is within the bounds
    const double place = kernels.places()[kernel] + kernels.sigma(kernel) * random.normal();
    if (axis.low <= place && place <= axis.high) return axis.number_of(place);
  }
}

Candidates ParzenEstimator::sample(Random& random, int count) {
  settle();
  Candidates candidates(axes_.size());
  for (auto& numbers : candidates) numbers.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    double u = random.uniform();
    size_t kernel = 0;
    while (kernel < trials_ && u >= weights_[kernel]) u -= weights_[kernel++];
    for (size_t a = 0; a < axes_.size(); ++a)
      candidates[a].push_back(draw(axes_[a], kernel, random));
  }
  return candidates;
}

std::vector<double> ParzenEstimator::log_density(const Candidates& candidates) {
  settle();
  const size_t count = candidates.front().size();
  // What each kernel gives each number of an axis that has few.
  std::vector<std::map<double, std::vector<double>>> discrete(axes_.size());
  std::vector<AxisPart> parts(count * axes_.size());  // by axis, for each candidate
  for (size_t c = 0; c < count; ++c)
    for (size_t a = 0; a < axes_.size(); ++a) {
      const ParzenKernels& kernels = axes_[a];
      const double number = candidates[a][c];
      AxisPart& part = parts[c * axes_.size() + a];
      if (kernels.continuous()) {
        part = {nullptr, kernels.places().data(), kernels.half_precisions().data(),
                kernels.axis().place_of(number)};
      } else {
        auto& logs = discrete[a][number];
        if (logs.empty()) logs = kernels.logs_of(number);
        part.logs = logs.data();
      }
    }
  std::vector<LogSum> sums(count);
  // The prior is in the last tile: after it, most tiles of points far away are nothing beside it.
  for (size_t end = weights_.size(); end > 0;) {
    const size_t tile = (end - 1) / kTile * kTile;
    for (size_t c = 0; c < count; ++c)
      add_tile(&parts[c * axes_.size()], axes_.size(), bases_.data(), weights_.data(), tile,
               end - tile, sums[c]);
    end = tile;
  }
  std::vector<double> densities;
  for (const LogSum& sum : sums) densities.push_back(sum.logarithm());
  return densities;
}

}  // namespace tutti
