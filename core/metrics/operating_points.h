// The best one rate that is reached while another is at least a given number, over evenly spaced
// thresholds: SensitivityAtSpecificity, SpecificityAtSensitivity, PrecisionAtRecall,
// RecallAtPrecision. 0 where no threshold reaches it.
#pragma once

#include "core/metrics/metric.h"
#include "core/metrics/threshold_counts.h"

namespace tutti::metrics {

class OperatingPoint : public Metric {
 public:
  OperatingPoint(double least, const char* what, int64_t num_thresholds,
                 std::optional<int64_t> class_id, const char* where);
  std::vector<Value> sums(const Value& y_true, const Value& y_pred,
                          const Value& sample_weight) const override;
  double result(std::span<const double> totals) const override;
  std::optional<bool> rises() const override { return true; }

 protected:
  struct Rates {
    double bound, wanted;
  };
  virtual Rates rates(double tp, double fp, double tn, double fn) const = 0;

 private:
  double least_;
  std::optional<int64_t> class_id_;
  Thresholds thresholds_;
};

#define TUTTI_OPERATING_POINT(Name, given)                                                        \
  struct Name##Options {                                                                          \
    double given = 0.0;                                                                           \
    int64_t num_thresholds = 200;                                                                 \
    std::optional<int64_t> class_id = {};                                                         \
  };                                                                                              \
  class Name final : public OperatingPoint {                                                      \
   public:                                                                                        \
    using Options = Name##Options;                                                                \
    explicit Name(Options options)                                                                \
        : OperatingPoint(options.given, #given, options.num_thresholds, options.class_id, #Name), \
          options_(options) {}                                                                    \
    const Options& options() const { return options_; }                                           \
                                                                                                  \
   protected:                                                                                     \
    Rates rates(double tp, double fp, double tn, double fn) const override;                       \
                                                                                                  \
   private:                                                                                       \
    Options options_;                                                                             \
  }

TUTTI_OPERATING_POINT(SensitivityAtSpecificity, specificity);
TUTTI_OPERATING_POINT(SpecificityAtSensitivity, sensitivity);
TUTTI_OPERATING_POINT(PrecisionAtRecall, recall);
TUTTI_OPERATING_POINT(RecallAtPrecision, precision);

#undef TUTTI_OPERATING_POINT

}  // namespace tutti::metrics
