// What metrics of decisions count: how much weight of labels 1 and of labels 0 is predicted above
// each of some thresholds. A step sums histograms between neighbouring thresholds.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/graph/value.h"

namespace tutti {

// True and false positives and negatives at each threshold.
struct ThresholdCounts {
  std::vector<double> tp, fp, tn, fn;
};

class Thresholds {
 public:
  // Numbers in any order; `none` for an empty list. Throws naming `where` for one outside [0, 1].
  Thresholds(std::vector<double> values, double none, const char* where);
  // 0, 1 / (count - 1), ..., 1; half a threshold for a count of 1. Where `beyond`, the first is
  // just below 0 and the last just above 1, so that a prediction of 0 is above the first.
  static Thresholds even(int64_t count, bool beyond, const char* where);
  // Between a first just below 0 and a last just above 1.
  static Thresholds within(std::vector<double> values, const char* where);

  size_t size() const { return values_.size(); }

  // Histograms of labels 1 and labels 0, each (size + 1) numbers, or (columns, size + 1) with one
  // for each element of the last axis. A weight has one number a row, or one for each prediction.
  std::vector<Value> sums(const Value& y_true, const Value& y_pred, const Value& weight,
                          bool by_column = false) const;
  // From the totals of `sums`, for one of the columns.
  ThresholdCounts counts(std::span<const double> totals, size_t column = 0) const;
  size_t columns(std::span<const double> totals) const { return totals.size() / 2 / (size() + 1); }

 private:
  Thresholds() = default;
  Value below(const Value& y_pred) const;  // int64: how many thresholds are below it

  std::vector<double> values_, sorted_;
  bool even_ = false, beyond_ = false;
};

// y_pred where it is among the k largest of the last axis, -1e10 elsewhere; the first of equals.
Value keep_largest(const Value& y_pred, int64_t k);

}  // namespace tutti
