#include "core/metrics/threshold_counts.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/losses/match_ranks.h"
#include "core/ops/broadcast_to.h"
#include "core/ops/cast.h"
#include "core/ops/elementwise.h"
#include "core/ops/reduce.h"
#include "core/ops/reshape.h"
#include "core/ops/take.h"

namespace tutti {
namespace {

constexpr double kBeyond = 1e-7;  // Keras's epsilon

bool spaced_evenly(const std::vector<double>& values) {
  for (size_t i = 0; i < values.size(); ++i) {
    const double even = static_cast<double>(i) / static_cast<double>(values.size() - 1);
    if (std::abs(values[i] - even) > kBeyond + 1e-5 * even) return false;
  }
  return values.size() > 2;
}

Value constant(const std::vector<double>& values, DType dtype) {
  return Value(Tensor::from(values, {static_cast<int64_t>(values.size())}).to(dtype));
}

}  // namespace

Thresholds::Thresholds(std::vector<double> values, double none, const char* where)
    : values_(std::move(values)) {
  for (const double value : values_)
    if (!(value >= 0 && value <= 1))
      fail(where, "threshold {} is outside [0, 1]; use numbers between", value);
  if (values_.empty()) values_ = {none};
  sorted_ = values_;
  std::sort(sorted_.begin(), sorted_.end());
  even_ = spaced_evenly(values_);
}

Thresholds Thresholds::even(int64_t count, bool beyond, const char* where) {
  if (count < (beyond ? 2 : 1))
    fail(where, "num_thresholds is {}; use {} or more", count, beyond ? 2 : 1);
  Thresholds thresholds;
  for (int64_t i = 0; i < count; ++i)
    thresholds.values_.push_back(
        count == 1 ? 0.5 : static_cast<double>(i) / static_cast<double>(count - 1));
  thresholds.even_ = count > 1;
  thresholds.beyond_ = beyond;
  if (beyond) thresholds.values_.front() -= kBeyond, thresholds.values_.back() += kBeyond;
  thresholds.sorted_ = thresholds.values_;
  return thresholds;
}

Thresholds Thresholds::within(std::vector<double> values, const char* where) {
  Thresholds thresholds(std::move(values), 0.5, where);
  thresholds.values_ = thresholds.sorted_;
  thresholds.values_.insert(thresholds.values_.begin(), 0.0);
  thresholds.values_.push_back(1.0);
  thresholds.even_ = spaced_evenly(thresholds.values_);
  thresholds.beyond_ = true;
  thresholds.values_.front() -= kBeyond, thresholds.values_.back() += kBeyond;
  thresholds.sorted_ = thresholds.values_;
  return thresholds;
}

Value Thresholds::below(const Value& y_pred) const {
  if (even_) {
    // Keras's arithmetic, which decides on which side a prediction at a threshold lies.
    const Value p = minimum(maximum(y_pred, 0.0), 1.0);
    const Value count = ceil(p * static_cast<double>(size() - 1));
    return cast(beyond_ ? maximum(count, 1.0) : count, DType::i64);
  }
  const Value above = greater(expand_dims(y_pred, -1), constant(sorted_, y_pred.dtype()));
  return reduce_sum(cast(above, DType::i64), {-1});
}

std::vector<Value> Thresholds::sums(const Value& y_true, const Value& y_pred, const Value& weight,
                                    bool by_column) const {
  const Value decimal = is_floating(y_pred.dtype()) ? y_pred : cast(y_pred, DType::f32);
  const auto [labels, scores] = match_ranks(y_true, decimal);
  if (labels.shape() != scores.shape())
    fail("metric", "y_true has shape {}, y_pred {}; give both one shape", to_string(y_true.shape()),
         to_string(y_pred.shape()));
  const DType dtype = DType::f32;
  Value amount = cast(not_equal(labels, 0.0), dtype), rest = 1.0 - amount;
  if (weight.defined()) {
    const auto [unused, given] = match_ranks(scores, cast(weight, dtype));
    const Value each = align_weight(given, scores, "metric");
    amount = amount * each, rest = rest * each;
  }
  const auto places = static_cast<int64_t>(size() + 1);
  Value place = below(scores);
  int64_t columns = 1;
  if (by_column) {
    columns = scores.shape()[-1];
    std::vector<double> first(static_cast<size_t>(columns));
    for (int64_t i = 0; i < columns; ++i)
      first[static_cast<size_t>(i)] = static_cast<double>(i * places);
    place = place + constant(first, DType::i64);
  }
  return {scatter_add(amount, place, columns * places), scatter_add(rest, place, columns * places)};
}

ThresholdCounts Thresholds::counts(std::span<const double> totals, size_t column) const {
  const size_t places = size() + 1;
  const auto positives = totals.subspan(column * places, places),
             negatives = totals.subspan(totals.size() / 2 + column * places, places);
  std::vector<double> above_1(places, 0.0), above_0(places, 0.0);  // behind each threshold
  double all_1 = positives[0], all_0 = negatives[0];
  for (size_t i = size(); i > 0; --i) {
    above_1[i - 1] = above_1[i] + positives[i], above_0[i - 1] = above_0[i] + negatives[i];
    all_1 += positives[i], all_0 += negatives[i];
  }
  ThresholdCounts counts;
  for (const double value : values_) {
    const auto at = static_cast<size_t>(std::lower_bound(sorted_.begin(), sorted_.end(), value) -
                                        sorted_.begin());
    counts.tp.push_back(above_1[at]), counts.fn.push_back(all_1 - above_1[at]);
    counts.fp.push_back(above_0[at]), counts.tn.push_back(all_0 - above_0[at]);
  }
  return counts;
}

Value keep_largest(const Value& y_pred, int64_t k) {
  const int64_t n = y_pred.shape()[-1];
  const Value own = expand_dims(y_pred, -1), other = expand_dims(y_pred, -2);
  std::vector<double> earlier(static_cast<size_t>(n * n), 0.0);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < i; ++j) earlier[static_cast<size_t>(i * n + j)] = 1.0;
  const Value before = Value(Tensor::from(earlier, {n, n}).to(DType::bool_));
  const Value ahead = logical_or(greater(other, own), logical_and(equal(other, own), before));
  const Value place = reduce_sum(cast(ahead, DType::f32), {-1});
  return select(less(place, static_cast<double>(k)), y_pred, -1e10);
}

}  // namespace tutti
