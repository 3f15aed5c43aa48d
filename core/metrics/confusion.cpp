#include "core/metrics/confusion.h"

#include <numeric>

#include "core/base/error.h"
#include "core/losses/match_ranks.h"
#include "core/ops/slice.h"

namespace tutti::metrics {
namespace {

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::vector<double> given_or_none(const std::optional<std::vector<double>>& thresholds) {
  return thresholds.value_or(std::vector<double>{});
}

}  // namespace

Value of_class(const Value& value, const std::optional<int64_t>& class_id, const char* where) {
  if (!class_id) return value;
  const Shape& shape = value.shape();
  if (shape.rank() < 2 || *class_id < 0 || *class_id >= shape[-1])
    fail(where, "class_id is {}, which a value of shape {} does not have", *class_id,
         to_string(shape));
  return slice(value, -1, *class_id, *class_id + 1);
}

ConfusionCount::ConfusionCount(Options options, const char* where)
    : MetricWith(std::move(options)), thresholds_(given_or_none(options_.thresholds), 0.5, where) {}

std::vector<Value> ConfusionCount::sums(const Value& y_true, const Value& y_pred,
                                        const Value& sample_weight) const {
  return thresholds_.sums(y_true, y_pred, sample_weight);
}

std::vector<double> ConfusionCount::results(std::span<const double> totals) const {
  return chosen(thresholds_.counts(totals));
}

double ConfusionCount::result(std::span<const double> totals) const {
  return mean_of(results(totals));
}

// Whatever is among the k largest counts: the others are -1e10.
PositiveRate::PositiveRate(Options options, const char* where)
    : MetricWith(std::move(options)),
      thresholds_(given_or_none(options_.thresholds), options_.top_k ? -1e10 : 0.5, where) {
  if (options_.top_k && *options_.top_k < 1)
    fail(where, "top_k is {}; use 1 or more, or leave it out", *options_.top_k);
}

std::vector<Value> PositiveRate::sums(const Value& y_true, const Value& y_pred,
                                      const Value& sample_weight) const {
  auto [labels, scores] = match_ranks(y_true, y_pred);
  if (options_.top_k) scores = keep_largest(scores, *options_.top_k);
  return thresholds_.sums(of_class(labels, options_.class_id, name().c_str()),
                          of_class(scores, options_.class_id, name().c_str()), sample_weight);
}

std::vector<double> PositiveRate::results(std::span<const double> totals) const {
  const ThresholdCounts counts = thresholds_.counts(totals);
  std::vector<double> rates;
  for (size_t i = 0; i < counts.tp.size(); ++i) {
    const double all = counts.tp[i] + others(counts)[i];
    rates.push_back(all == 0 ? 0.0 : counts.tp[i] / all);
  }
  return rates;
}

double PositiveRate::result(std::span<const double> totals) const {
  return mean_of(results(totals));
}

inline constexpr auto declare_thresholds = []<typename Builder>(Builder& builder) {
  builder.argument("thresholds", &Builder::Options::thresholds,
                   "a prediction above it is a 1; null: 0.5");
};
inline constexpr auto declare_rate = []<typename Builder>(Builder& builder) {
  builder.with(declare_thresholds)
      .argument("top_k", &PrecisionOptions::top_k, "only so many largest predictions count as 1")
      .argument("class_id", &PrecisionOptions::class_id, "the one class that counts");
};
TUTTI_REGISTER(Metric, TruePositives, "TruePositives", "weight of labels 1 predicted as 1")
    .with(declare_thresholds);
TUTTI_REGISTER(Metric, FalsePositives, "FalsePositives", "weight of labels 0 predicted as 1")
    .with(declare_thresholds);
TUTTI_REGISTER(Metric, TrueNegatives, "TrueNegatives", "weight of labels 0 predicted as 0")
    .with(declare_thresholds);
TUTTI_REGISTER(Metric, FalseNegatives, "FalseNegatives", "weight of labels 1 predicted as 0")
    .with(declare_thresholds);
TUTTI_REGISTER(Metric, Precision, "Precision", "the part of predicted 1 that is 1")
    .with(declare_rate);
TUTTI_REGISTER(Metric, Recall, "Recall", "the part of 1 that is predicted so").with(declare_rate);

}  // namespace tutti::metrics
