#include "core/explain/kernel_shap.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/base/error.h"
#include "core/base/random.h"

namespace tutti {
namespace {

// Rows that the function sees at a time.
constexpr int64_t kPredictedAtOnce = 4096;

double combinations(int64_t n, int64_t k) {
  double result = 1;
  for (int64_t i = 1; i <= k; ++i)
    result = result * static_cast<double>(n - k + i) / static_cast<double>(i);
  return std::round(result);
}

// visit(members) for every subset of `size` of 0..n-1, in lexical order.
template <typename Visit>
void each_subset(int64_t n, int64_t size, Visit visit) {
  std::vector<int64_t> members(static_cast<size_t>(size));
  std::iota(members.begin(), members.end(), int64_t{0});
  for (;;) {
    visit(members);
    int64_t i = size;
    while (i > 0 && members[static_cast<size_t>(i - 1)] == n - size + i - 1) --i;
    if (i == 0) return;
    ++members[static_cast<size_t>(i - 1)];
    for (; i < size; ++i) members[static_cast<size_t>(i)] = members[static_cast<size_t>(i - 1)] + 1;
  }
}

// Subset sizes come in pairs (s, n - s) with equal Shapley kernels; the middle one is alone.
struct SubsetSizes {
  int64_t n, sizes, paired;
  std::vector<double> weights;  // of each size with its pair; they add up to 1

  explicit SubsetSizes(int64_t n) : n(n), sizes(n / 2), paired((n - 1) / 2) {
    for (int64_t s = 1; s <= sizes; ++s)
      weights.push_back((s <= paired ? 2.0 : 1.0) * static_cast<double>(n - 1) /
                        static_cast<double>(s * (n - s)));
    const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (double& weight : weights) weight /= total;
  }
  double weight(int64_t size) const { return weights[static_cast<size_t>(size - 1)]; }
  double subsets(int64_t size) const { return combinations(n, size) * (size <= paired ? 2 : 1); }
};

// Chooses coalitions: whole sizes while the budget lasts, the smallest and largest first, then
// drawn ones.
class CoalitionTable {
 public:
  CoalitionTable(int64_t features, int64_t budget) : sizes_(features), left_(budget) {}

  void enumerate() {
    for (; size_ <= sizes_.sizes; ++size_) {
      const double share = static_cast<double>(left_) * sizes_.weight(size_) / remaining_;
      if (share / sizes_.subsets(size_) < 1 - 1e-8) break;
      const double weight = sizes_.weight(size_) / sizes_.subsets(size_);
      remaining_ -= sizes_.weight(size_);
      left_ -= static_cast<int64_t>(sizes_.subsets(size_));
      each_subset(sizes_.n, size_, [&](const std::vector<int64_t>& members) {
        add(members, true, weight);
        if (size_ <= sizes_.paired) add(members, false, weight);
      });
    }
  }

  // A size by its weight, a subset of it, and its complement; one drawn again weighs more.
  void draw(uint64_t seed) {
    if (size_ > sizes_.sizes) return;
    const size_t complete = found_.weights.size();
    Random random(seed);
    std::vector<int64_t> order(static_cast<size_t>(sizes_.n));
    std::iota(order.begin(), order.end(), int64_t{0});
    for (int64_t attempt = 4 * left_; left_ > 0 && attempt > 0; --attempt) {
      const int64_t size = draw_size(random);
      for (size_t i = 0; i < static_cast<size_t>(size); ++i)
        std::swap(order[i], order[i + random.below(order.size() - i)]);
      const std::vector<int64_t> members(order.begin(), order.begin() + size);
      left_ -= add(members, true, 1);
      if (left_ > 0 && size <= sizes_.paired) left_ -= add(members, false, 1);
    }
    const std::span drawn = std::span(found_.weights).subspan(complete);
    const double total = std::accumulate(drawn.begin(), drawn.end(), 0.0);
    for (double& weight : drawn) weight *= remaining_ / total;
  }

  ShapCoalitions finish() && {
    found_.masks.rows = static_cast<int64_t>(found_.weights.size());
    found_.masks.columns = sizes_.n;
    return std::move(found_);
  }

 private:
  // The members, or all but them; true if that coalition is new.
  bool add(const std::vector<int64_t>& members, bool in, double weight) {
    std::vector<double> mask(static_cast<size_t>(sizes_.n), in ? 0 : 1);
    for (const int64_t f : members) mask[static_cast<size_t>(f)] = in ? 1 : 0;
    const auto [place, added] = known_.try_emplace(mask, found_.weights.size());
    if (added) {
      found_.masks.values.insert(found_.masks.values.end(), mask.begin(), mask.end());
      found_.weights.push_back(0);
    }
    found_.weights[place->second] += weight;
    return added;
  }

  // Half the weight of a pair: two coalitions are added.
  int64_t draw_size(Random& random) const {
    const auto share = [&](int64_t s) { return sizes_.weight(s) / (s <= sizes_.paired ? 2 : 1); };
    double place = 0;
    for (int64_t s = size_; s <= sizes_.sizes; ++s) place += share(s);
    place *= random.uniform();
    int64_t size = size_;
    while (size < sizes_.sizes && (place -= share(size)) >= 0) ++size;
    return size;
  }

  SubsetSizes sizes_;
  int64_t left_, size_ = 1;
  double remaining_ = 1;  // weight of the sizes that are not complete
  ShapCoalitions found_;
  std::map<std::vector<double>, size_t> known_;
};

}  // namespace

KernelExplainer::KernelExplainer(PredictFunction predict, const Tensor& background,
                                 KernelShapOptions options)
    : predict_(std::move(predict)), options_(std::move(options)), dtype_(background.dtype()) {
  if (background.shape().rank() != 2 || background.rows() < 1)
    fail("kernel_shap", "a background of shape {}; give rows of features",
         to_string(background.shape()));
  if (options_.link != "identity" && options_.link != "logit")
    fail("kernel_shap", "no link '{}'; use identity or logit", options_.link);
  if (options_.nsamples && *options_.nsamples < 2)
    fail("kernel_shap", "nsamples is {}; use some hundreds", *options_.nsamples);
  background_ = {background.rows(), background.shape()[1], background.to_vector<double>()};
  const Matrix predictions = predictions_of(predict_, background, "kernel_shap");
  for (int64_t o = 0; o < predictions.columns; ++o) {
    const auto column = predictions.column(o);
    base_.push_back(link(std::accumulate(column.begin(), column.end(), 0.0) /
                         static_cast<double>(column.size())));
  }
}

double KernelExplainer::link(double value) const {
  return options_.link == "logit" ? std::log(value / (1 - value)) : value;
}

std::vector<int64_t> KernelExplainer::varying_features(std::span<const double> row) const {
  std::vector<int64_t> varying;
  for (int64_t f = 0; f < background_.columns; ++f) {
    const double own = row[static_cast<size_t>(f)];
    for (int64_t i = 0; i < background_.rows; ++i) {
      const double other = background_(i, f);
      if (std::abs(own - other) <= 1e-8 + 1e-5 * std::abs(other)) continue;
      varying.push_back(f);
      break;
    }
  }
  return varying;
}

ShapCoalitions KernelExplainer::coalitions_of(int64_t features) const {
  const double all = features <= 30 ? std::pow(2.0, static_cast<double>(features)) - 2 : 1e9;
  const double wanted = static_cast<double>(options_.nsamples.value_or(2 * features + 2048));
  CoalitionTable table(features, static_cast<int64_t>(std::min(wanted, all)));
  table.enumerate();
  table.draw(options_.seed);
  return std::move(table).finish();
}

Matrix KernelExplainer::values_of(const ShapCoalitions& coalitions, std::span<const double> row,
                                  const std::vector<int64_t>& varying) const {
  const int64_t outputs = static_cast<int64_t>(base_.size()), n = background_.rows;
  Matrix means(coalitions.masks.rows, outputs);
  const int64_t at_once = std::max<int64_t>(1, kPredictedAtOnce / n);
  for (int64_t begin = 0; begin < means.rows; begin += at_once) {
    const int64_t count = std::min(at_once, means.rows - begin);
    Matrix rows(count * n, background_.columns);
    for (int64_t i = 0; i < rows.rows; ++i) {
      for (int64_t f = 0; f < rows.columns; ++f) rows(i, f) = background_(i % n, f);
      for (size_t v = 0; v < varying.size(); ++v)
        if (coalitions.masks(begin + i / n, static_cast<int64_t>(v)) != 0)
          rows(i, varying[v]) = row[static_cast<size_t>(varying[v])];
    }
    const Matrix predictions = predictions_of(
        predict_, Tensor::from(rows.values, {rows.rows, rows.columns}).to(dtype_), "kernel_shap");
    for (int64_t i = 0; i < rows.rows; ++i)
      for (int64_t o = 0; o < outputs; ++o) means(begin + i / n, o) += predictions(i, o);
  }
  for (double& mean : means.values) mean = link(mean / static_cast<double>(n));
  return means;
}

// The weights' regression under the constraint that the contributions add up to `total`: the last
// feature is what the others leave.
std::vector<double> KernelExplainer::solve(const ShapCoalitions& coalitions,
                                           std::vector<double> gains, double total) const {
  const Matrix& masks = coalitions.masks;
  std::vector<int64_t> chosen(static_cast<size_t>(masks.columns));
  std::iota(chosen.begin(), chosen.end(), int64_t{0});
  if (options_.num_features && *options_.num_features < masks.columns) {
    Matrix both(2 * masks.rows, masks.columns);
    std::vector<double> target(2 * gains.size());
    for (int64_t i = 0; i < masks.rows; ++i) {
      const auto row = masks.row(i);
      const double members = std::accumulate(row.begin(), row.end(), 0.0);
      const double weight = coalitions.weights[static_cast<size_t>(i)];
      const double in = std::sqrt(weight * (static_cast<double>(masks.columns) - members));
      const double out = std::sqrt(weight * members);
      for (int64_t f = 0; f < masks.columns; ++f) {
        both(i, f) = in * masks(i, f);
        both(masks.rows + i, f) = out * (masks(i, f) - 1);
      }
      target[static_cast<size_t>(i)] = in * gains[static_cast<size_t>(i)];
      target[static_cast<size_t>(masks.rows + i)] = out * (gains[static_cast<size_t>(i)] - total);
    }
    chosen = lars_path(both, target, *options_.num_features, false).active;
  }
  std::vector<double> result(static_cast<size_t>(masks.columns));
  if (chosen.empty()) return result;
  const int64_t last = chosen.back(), free = static_cast<int64_t>(chosen.size()) - 1;
  Matrix normal(free, free);
  std::vector<double> right(static_cast<size_t>(free)), x(static_cast<size_t>(free));
  for (int64_t i = 0; i < masks.rows; ++i) {
    const double weight = coalitions.weights[static_cast<size_t>(i)];
    const double y = gains[static_cast<size_t>(i)] - masks(i, last) * total;
    for (size_t a = 0; a < x.size(); ++a) x[a] = masks(i, chosen[a]) - masks(i, last);
    for (int64_t a = 0; a < free; ++a) {
      right[static_cast<size_t>(a)] += weight * x[static_cast<size_t>(a)] * y;
      for (int64_t b = 0; b < free; ++b)
        normal(a, b) += weight * x[static_cast<size_t>(a)] * x[static_cast<size_t>(b)];
    }
  }
  const auto solved = solve_symmetric(normal, right);
  result[static_cast<size_t>(last)] = total;
  for (size_t a = 0; a < solved.size(); ++a) {
    result[static_cast<size_t>(chosen[a])] = solved[a];
    result[static_cast<size_t>(last)] -= solved[a];
  }
  return result;
}

ShapValues KernelExplainer::shap_values(const Tensor& rows) const {
  if (rows.shape().rank() != 2 || rows.shape()[1] != background_.columns)
    fail("kernel_shap", "rows of shape {} for a background of {} features; give (rows, {})",
         to_string(rows.shape()), background_.columns, background_.columns);
  const int64_t count = rows.rows(), features = background_.columns;
  const auto outputs = static_cast<int64_t>(base_.size());
  const Matrix given(count, features, rows.to_vector<double>());
  const Matrix predictions = predictions_of(predict_, rows, "kernel_shap");
  ShapValues result = ShapValues::zeros(rows.shape(), outputs);
  result.base_values = Tensor::from(base_, {outputs});
  for (int64_t r = 0; r < count; ++r) {
    const auto varying = varying_features(given.row(r));
    const auto most = static_cast<int64_t>(varying.size());
    const ShapCoalitions coalitions = most > 1 ? coalitions_of(most) : ShapCoalitions();
    const Matrix values = values_of(coalitions, given.row(r), varying);
    for (int64_t o = 0; o < outputs; ++o) {
      const double prediction = link(predictions(r, o));
      const double base = base_[static_cast<size_t>(o)];
      result.predictions.data<double>()[r * outputs + o] = prediction;
      auto gains = values.column(o);
      for (double& gain : gains) gain -= base;
      const auto found = most > 1 ? solve(coalitions, std::move(gains), prediction - base)
                                  : std::vector<double>(varying.size(), prediction - base);
      for (size_t v = 0; v < varying.size(); ++v)
        result.values.data<double>()[(r * features + varying[v]) * outputs + o] = found[v];
    }
  }
  return result;
}

}  // namespace tutti
