#include "core/metrics/operating_points.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/losses/match_ranks.h"
#include "core/metrics/confusion.h"

namespace tutti::metrics {
namespace {

double part(double of, double rest) { return of + rest == 0 ? 0.0 : of / (of + rest); }

}  // namespace

OperatingPoint::OperatingPoint(double least, const char* what, int64_t num_thresholds,
                               std::optional<int64_t> class_id, const char* where)
    : least_(least),
      class_id_(class_id),
      thresholds_(Thresholds::even(num_thresholds, false, where)) {
  if (!(least >= 0 && least <= 1)) fail(where, "{} is {}; use a number from 0 to 1", what, least);
}

std::vector<Value> OperatingPoint::sums(const Value& y_true, const Value& y_pred,
                                        const Value& sample_weight) const {
  const auto [labels, scores] = match_ranks(y_true, y_pred);
  return thresholds_.sums(of_class(labels, class_id_, name().c_str()),
                          of_class(scores, class_id_, name().c_str()), sample_weight);
}

double OperatingPoint::result(std::span<const double> totals) const {
  const ThresholdCounts c = thresholds_.counts(totals);
  double best = 0;
  for (size_t i = 0; i < c.tp.size(); ++i) {
    const Rates at = rates(c.tp[i], c.fp[i], c.tn[i], c.fn[i]);
    if (at.bound >= least_) best = std::max(best, at.wanted);
  }
  return best;
}

SensitivityAtSpecificity::Rates SensitivityAtSpecificity::rates(double tp, double fp, double tn,
                                                                double fn) const {
  return {.bound = part(tn, fp), .wanted = part(tp, fn)};
}
SpecificityAtSensitivity::Rates SpecificityAtSensitivity::rates(double tp, double fp, double tn,
                                                                double fn) const {
  return {.bound = part(tp, fn), .wanted = part(tn, fp)};
}
PrecisionAtRecall::Rates PrecisionAtRecall::rates(double tp, double fp, double, double fn) const {
  return {.bound = part(tp, fn), .wanted = part(tp, fp)};
}
RecallAtPrecision::Rates RecallAtPrecision::rates(double tp, double fp, double, double fn) const {
  return {.bound = part(tp, fp), .wanted = part(tp, fn)};
}

inline constexpr auto declare_operating_point = []<typename Builder>(Builder& builder) {
  using Options = typename Builder::Options;
  builder.argument("num_thresholds", &Options::num_thresholds, "how many are tried")
      .argument("class_id", &Options::class_id, "the one class that counts");
};
TUTTI_REGISTER(Metric, SensitivityAtSpecificity, "SensitivityAtSpecificity",
               "the best recall while specificity is reached")
    .required("specificity", &SensitivityAtSpecificityOptions::specificity, "to be reached")
    .with(declare_operating_point);
TUTTI_REGISTER(Metric, SpecificityAtSensitivity, "SpecificityAtSensitivity",
               "the best specificity while sensitivity is reached")
    .required("sensitivity", &SpecificityAtSensitivityOptions::sensitivity, "to be reached")
    .with(declare_operating_point);
TUTTI_REGISTER(Metric, PrecisionAtRecall, "PrecisionAtRecall",
               "the best precision while recall is reached")
    .required("recall", &PrecisionAtRecallOptions::recall, "to be reached")
    .with(declare_operating_point);
TUTTI_REGISTER(Metric, RecallAtPrecision, "RecallAtPrecision",
               "the best recall while precision is reached")
    .required("precision", &RecallAtPrecisionOptions::precision, "to be reached")
    .with(declare_operating_point);

}  // namespace tutti::metrics
